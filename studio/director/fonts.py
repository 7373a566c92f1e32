# ruff: noqa: RUF001 - Chinese punctuation
"""Fonts that an instruction asks for, by name or by kind."""

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from studio.director.operation import NotPossibleError, Said
from studio.director.vocabulary import after
from studio.draft import Draft, Font

# What people call a kind of font. The first that is found counts: "sans serif" is no "serif".
_KINDS = (
    (Font.INTER, r"\bsans\b|\bsin serifa\b|\bserifenlos|无衬线|サンセリフ|ゴシック|黑体"),
    (Font.LORA, r"\bserif\b|\bserifen|\b(?:con|à) (?:serifas?|empattements?)\b|衬线|セリフ|明朝|宋体"),
    (
        Font.CAVEAT,
        r"\bhand-?\s?writ|\bcursive\b|\bscript\b|\bhandschrift|\bmanuscrit|手写|手書き",
    ),
    (
        Font.JETBRAINS_MONO,
        r"\bmono-?\s?spa|\bmonospa|\btypewriter\b|\bmonoespaciad|\bschreibmaschine|等宽|等幅",
    ),
    (Font.OSWALD, r"\bcondensed\b|\bnarrow\b|\bschmale?\b|\bétroite\b|\bestrecha\b|窄体"),
    (Font.MONTSERRAT, r"\bgeometric\b|\bgeometrische?\b|\bgéométrique\b|\bgeométrica\b|几何"),
)
_ANOTHER = re.compile(r"\b(?:another|other|different|new|next)\b|\bchange\b|换")
_WORD = r"(?:fonts?|type-?faces?|schrift(?:art)?|polices?|fuente|tipograf[ií]a|字体|フォント)"
_BEFORE = re.compile(rf"\b{_WORD}\s*(?:is|called|named|is called|はを?|用|[:：=])?\s*$", re.IGNORECASE)
_AFTER = re.compile(rf"\s*{_WORD}\b", re.IGNORECASE)
_LIKE = 0.75
"""How alike a name has to be to the name of a font to be taken for a slip."""
_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")
"""Of which all fonts have at least the first. Other scripts have one font each."""


def font_of(words: str) -> Font | None:
    """Return the font that words name, or describe."""
    said = words.lower()
    named = next((font for font in Font if re.search(rf"(?<!\w){font.lower()}(?!\w)", said)), None)
    return named or next((font for font, pattern in _KINDS if re.search(pattern, said)), None)


def is_name_of_a_font(before: str, following: str) -> bool:
    """Return whether a quotation between these words says which font to use."""
    return _BEFORE.search(before) is not None or _AFTER.match(following) is not None


@dataclass(frozen=True)
class SetFont:
    """The font of all texts, as an instruction asks for it."""

    asked: str

    def apply(self, draft: Draft) -> Said:
        now = draft.canvas.font
        font = font_of(self.asked)
        if font is None and _ANOTHER.search(self.asked.lower()):
            font = after(now, list(Font))
        if font is None:
            raise NotPossibleError(*_not_shipped(self.asked))
        if not any(_has_script(text.meta.text) for text in draft.captions):
            raise NotPossibleError(
                f"{self.asked} (there is one font for each script but Latin, Greek and Cyrillic)",
                f"{self.asked}（除拉丁、希腊和西里尔字母外，每种文字只有一种字体）",
            )
        if font is now:
            raise NotPossibleError(f"the font is {font} already", f"字体已经是 {font}")
        draft.canvas = draft.canvas.model_copy(update={"font": font})
        return Said(f"the font is now {font}", f"字体已改为 {font}")


def _not_shipped(asked: str) -> tuple[str, str]:
    like = _most_like(asked.lower().split())
    names = ", ".join(Font)
    if like is not None:
        return f"{asked} (did you mean {like}?)", f"{asked}（您是指 {like} 吗？）"
    return f"{asked} (fonts: {names})", f"{asked}（可用字体：{names}）"


def _most_like(words: Sequence[str]) -> Font | None:
    fonts = {part: font for font in Font for part in (font.lower(), font.lower().split()[0])}
    likes = (difflib.get_close_matches(word, fonts, 1, _LIKE) for word in words)
    return next((fonts[found[0]] for found in likes if found), None)


def _has_script(text: str) -> bool:
    return any(unicodedata.name(letter, "").startswith(_SCRIPTS) for letter in text if letter.isalpha())
