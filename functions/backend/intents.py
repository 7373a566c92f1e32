"""What a person wants: an export, the credits, the state, an upload, or a message to the agent.

The routing table of the vendor skill document goes by keyword *and* intent: "make the word Download bigger"
is an edit. So a sentence is a request only if it says nothing besides: it has the request's keywords, and
every other word is an object of the request or a filler. All else is for the agent. Text in quotation marks
is content, never a keyword.

A language is a table of its words (`intent_words`). English and Chinese may be mixed in one sentence.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from backend.formats import ENDINGS
from backend.intent_languages import LANGUAGES, MIXED
from backend.intent_words import ENGLISH, FILE, LINK, Intent, Language, Phrasing
from backend.sentences import sentence_of

__all__ = ["Intent", "classify"]


def classify(text: str, *, has_file: bool = False) -> Intent:
    """The intent of what a person wrote.

    A file that comes along is uploaded whatever the text says (vendor skill document); the text on its own
    then says what to do with it.
    """
    if has_file:
        return Intent.UPLOAD
    words = set(_words(text))
    matches = (
        request.intent
        for language in LANGUAGES
        for request in language.requests
        if all(words & group for group in request.keywords)
        and not words & request.unless
        and words <= _allowed(language, request)
    )
    return next(matches, Intent.MESSAGE)


@cache
def _allowed(language: Language, request: Phrasing) -> frozenset[str]:
    """All words that a sentence may have that asks for something in this way."""
    mixing = MIXED if language in MIXED else (language,)
    words = (
        word
        for one in mixing
        for group in (one.fillers, one.objects.get(request.intent, ()))
        for word in group
    )
    return frozenset(words).union(request.also, *request.keywords)


_VOCABULARY: Final = frozenset[str]().union(*(language.words for language in LANGUAGES))


def _typos(word: str) -> Iterator[str]:
    """The word with one letter left out, doubled, or swapped with the next (the first is seldom wrong)."""
    for i in range(1, len(word)):
        yield word[:i] + word[i + 1 :]
        yield word[: i + 1] + word[i:]
        yield word[:i] + word[i + 1 : i + 2] + word[i] + word[i + 2 :]


_SHORTEST_CORRECTED: Final = 5
# Of other languages only long words that ask for something: one letter off may be another word.
_SHORTEST_KEYWORD: Final = 8
_CORRECTED: Final = {word for word in ENGLISH.words if len(word) >= _SHORTEST_CORRECTED} | {
    word
    for language in LANGUAGES
    for request in language.requests
    for group in request.keywords
    for word in group
    if len(word) >= _SHORTEST_KEYWORD
}
_CORRECTIONS: Final = {typo: word for word in sorted(_CORRECTED) if word.isascii() for typo in _typos(word)}

_NAMED: Final = (
    (re.compile(r"(?:https?://|www\.)[^\s,。]+"), LINK),
    (
        re.compile(rf"(?<![\w-])[\w-]++\.(?:{'|'.join(sorted(ENDINGS))})\b", re.ASCII),
        FILE,
    ),
)


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_ELISION: Final = re.compile(r"(?<![a-z0-9'])(l|d|j|m|t|s|n|c|qu)'(?=[a-z]{2})")
"""French articles and pronouns that are written together with the next word."""

_WORD: Final = re.compile(
    rf"<\w+>|[a-z0-9]+(?:'[a-z]+)?|{_alternatives(word for word in _VOCABULARY if not word.isascii())}|\w|\S",
)


def _words(text: str) -> Iterator[str]:
    sentence = sentence_of(text)
    for pattern, stand_in in _NAMED:
        sentence = pattern.sub(f" {stand_in} ", sentence)
    for word in _WORD.findall(_ELISION.sub(r"\1 ", sentence)):
        if word.isalnum() or len(word) > 1:
            yield word if word in _VOCABULARY else _CORRECTIONS.get(word, word)
