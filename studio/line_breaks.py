# ruff: noqa: RUF001 - Chinese punctuation
"""Where lines of text may not be broken."""

NO_LINE_STARTS = "，。！？、；：）》」』”’・ー々ゝゞヽヾぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
"""Marks, and the small letters of Japanese, which belong to the letter before them."""
