from collections import Counter
from pathlib import Path

import pytest

from nemovideo.intents import Intent, classify

LABELLED = [
    (Intent(intent), sentence)
    for intent, sentence in (
        line.split("\t") for line in Path(__file__).with_name("intents.tsv").read_text("utf-8").splitlines()
    )
]


@pytest.mark.parametrize(("intent", "sentence"), LABELLED)
def test_labelled_sentence(intent: Intent, sentence: str) -> None:
    assert classify(sentence) is intent


def test_the_labelled_set_is_large_and_balanced() -> None:
    sizes = Counter(intent for intent, _ in LABELLED)
    assert len(LABELLED) >= 400
    assert min(sizes[intent] for intent in Intent) >= 40
    assert sizes[Intent.MESSAGE] >= len(LABELLED) / 4


@pytest.mark.parametrize(("intent", "sentence"), LABELLED)
def test_case_width_and_punctuation_do_not_matter(intent: Intent, sentence: str) -> None:
    full_width = sentence.translate({code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)})
    assert classify(full_width) is intent
    assert classify(f"  {sentence.upper()} !!! ") is intent


@pytest.mark.parametrize("keyword", ["export", "Credits", "STATUS", "upload", "导出", "余额", "状态", "上传"])
@pytest.mark.parametrize("quoted", ['"{}"', "'{}'", "“{}”", "「{}」", "《{}》", "`{}`"])
def test_quoted_keyword_is_content(keyword: str, quoted: str) -> None:
    assert classify(quoted.format(keyword)) is Intent.MESSAGE
    assert classify(f"show {quoted.format(keyword)}") is Intent.MESSAGE


def test_quoted_name_is_what_an_export_or_upload_is_about() -> None:
    assert classify('export "city.mp4"') is Intent.EXPORT
    assert classify("上传《城市》") is Intent.UPLOAD


@pytest.mark.parametrize("keyword", ["export", "credits", "status", "upload", "导出", "积分", "状态", "上传"])
def test_keyword_within_an_edit_is_content(keyword: str) -> None:
    assert classify(f"make {keyword} bigger") is Intent.MESSAGE
    assert classify(f"{keyword} 放大") is Intent.MESSAGE


@pytest.mark.parametrize("text", ["", "make it shorter", "export", "积分"])
def test_file_that_comes_along_is_uploaded(text: str) -> None:
    assert classify(text, has_file=True) is Intent.UPLOAD


@pytest.mark.parametrize("text", ["", "   ", "?!", "👍", "<file>", "\0"])
def test_text_without_words_is_a_message(text: str) -> None:
    assert classify(text) is Intent.MESSAGE
