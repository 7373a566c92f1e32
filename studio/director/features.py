# ruff: noqa: RUF001 - Chinese punctuation
"""What an instruction asks for besides the story: a logo, a QR code, a price, 4K, and what no rule knows.

Everything that is asked for is found here, so that what the video does not have can be named. An instruction
is split into clauses. A clause that asks for something in words that no rule understands is itself a feature.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from pathlib import Path

from studio.director.fonts import is_name_of_a_font
from studio.director.quotations import quotations
from studio.director.quoted import without_quoted
from studio.director.vocabulary import ASPECTS, NO_MUSIC, NO_TEXT, STYLES, read_seconds, words


class Kind(StrEnum):
    LOGO = "logo"
    QR_CODE = "qr_code"
    BRAND_COLOUR = "brand_colour"
    PRICE = "price"
    FONT = "font"
    CAPTIONS = "captions"
    RESOLUTION = "resolution"
    FRAME_RATE = "frame_rate"
    HANDLE = "handle"
    HASHTAG = "hashtag"
    FORMAT = "format"
    OWN_VOICE = "own_voice"
    SONG = "song"
    GENRE = "genre"
    LANGUAGE = "language"
    FILE_FORMAT = "file_format"
    FILE_SIZE = "file_size"
    SEVERAL = "several"
    OTHER = "other"
    """What no rule understands, in the instruction's words."""


@dataclass(frozen=True)
class Feature:
    """One thing that is asked for.

    Attributes:
        kind: What it is.
        value: The words that say which one: "#0a7d5a", "$4.50", "60 fps". Empty where there are none.
        place: Where it is to be: "top right", "at the end". Empty where the instruction does not say.
        by_default: Whether it is to be there only if no other place is named.
    """

    kind: Kind
    value: str = ""
    place: str = ""
    by_default: bool = False


MOST = 40
"""Features of one instruction."""
_MOST_CLAUSES = 200
_LONGEST_NAMED = 60
_TABLES = tomllib.loads(Path(__file__).with_name("features.toml").read_text(encoding="utf-8"))


def _pattern(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


_FEATURES = tuple(
    (Kind(row["kind"]), _pattern(row["words"]), row.get("alone", False)) for row in _TABLES["features"]
)
_PLACES = tuple((row["means"], _pattern(row["words"])) for row in _TABLES["places"])
PLACE_NAMES: dict[str, str] = {row["means"]: row["chinese"] for row in _TABLES["places"]}
"""Each place in Chinese."""
_ASKS, _ADDS, _REFUSES, _KNOWN, _OFFERS, _DEFAULTS = (
    _pattern(_TABLES[name]["words"]) for name in ("asks", "adds", "refuses", "known", "offers", "defaults")
)
_UNDERSTOOD = re.compile(
    "|".join(
        f"(?:{pattern})"
        for pattern in (
            *(pattern for _, pattern in ASPECTS),
            *(pattern for _, pattern in STYLES),
            *(pattern for _, pattern in words("paces", str)),
            NO_MUSIC,
            NO_TEXT,
        )
    ),
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"[.!?](?=\s|$)|[。！？；;\n]+")
_BREAKS = re.compile(
    r"(?<!\d),|,(?!\d)|[，、]+|\b(?:and|und|et|plus|but|then|also)\b|(?<=\s)[ye](?=\s)"
    r"|(?=\b(?:with|mit|avec|con(?! serif))\b(?! https?:))"
    r"|(?=\b(?:without|ohne|sans(?= \w)(?! (?:serif|font|type))|sin(?! serif))\b)"
    r"|(?:并且|然后|同时|以及|还有|和|并)"
)
# Between the scripts of one sentence, so that words of Latin letters have edges.
_SCRIPTS = re.compile(
    r"(?<=[\u3040-\u30ff\u3400-\u9fff])(?=[a-z\d@#$€£¥])|(?<=[a-z\d])(?=[\u3040-\u30ff\u3400-\u9fff])",
    re.IGNORECASE,
)
_FILM_LAST = re.compile(
    r"\b(?:videos?|clips?|teasers?|trailers?|ads?|reels?|promos?|shorts?|films?|movies?|vidéos?|vídeos?)\s*$",
    re.IGNORECASE,
)
_WITH = re.compile(r"\s*(?:with|mit|avec|con)\b", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]")
_HEX = re.compile(r"#[\da-f]{6}\b", re.IGNORECASE)
AMOUNT = re.compile(
    r"(?:[$€£¥₹]|\b(?:usd|eur|gbp|chf|rs\.?) ?) ?\d{1,7}(?:[.,]\d{1,3}){0,3}"
    r"|(?<![\d.,])\d{1,7}(?:[.,]\d{1,3}){0,3} ?"
    r"(?:[€£¥₹]|(?:usd|eur|euros?|gbp|chf|dollars?|pounds|francs)\b|元|円|块)",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:about|introduc\w{1,4}|announc\w{1,4}|promot\w{1,4}|über|sobre|à propos)\b|关于|介绍|宣传",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"https?://[^\s<>\"“”，。]{3,400}|\b(?:www\.)?[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63}){0,4}"
    r"\.(?:com|org|net|io|shop|store|de|fr|es|it|uk|ch|at|eu|cn|jp|app|dev|example)(?:/[^\s<>\"“”，。]{0,300})?(?![\w@])",
    re.IGNORECASE,
)
_QUOTE = "\0"
_EDGES = " \t\"'.,;:!?-–—()，。、！？"
_LEADING = re.compile(
    r"(?:(?:please|and|also|then|add|adding|use|using|put|include|including|insert|overlay|attach|apply|embed|with|bitte|füge|mit|verwende|nutze"
    r"|setze|ajoutez?|avec|mets|mettez|utilisez?|a[nñ]ad[ea]|agrega|con|pon|usa|utiliza|incluye|inserta)\s+)+"
    r"|请?(?:加上|添加|加入|插入|配上|放上)",
    re.IGNORECASE,
)
_FOR_A_FONT = re.compile(r"^.{0,200}\b(?:in|en|with)\s+(?=\S)", re.IGNORECASE)
_TRAILING = re.compile(r"\s+(?:hinzu|dazu|ein|please|bitte)$", re.IGNORECASE)


def features(instruction: str) -> tuple[Feature, ...]:
    """Everything that an instruction asks for besides what `read_instruction` reads, each once."""
    asked, _ = without_quoted(instruction)
    found = list(islice(_all(_without_quotations(asked)), 4 * MOST))
    placed = {feature.kind for feature in found if feature.place and not feature.by_default}
    settled = (
        replace(
            feature,
            place="" if feature.by_default and feature.kind in placed else feature.place,
            by_default=False,
        )
        for feature in found
    )
    return tuple(dict.fromkeys(settled))[:MOST]


def features_of_clause(clause: str) -> tuple[Feature, ...]:
    """What one clause of an edit asks for that has a name here."""
    return tuple(_named(clause, asks=True)) if not _REFUSES.search(clause) else ()


def as_written(feature: Feature, instruction: str) -> Feature:
    """The feature with capital letters as the instruction has them."""
    begin = instruction.lower().find(feature.value.lower())
    written = instruction[begin : begin + len(feature.value)] if begin >= 0 else ""
    return replace(feature, value=written) if written.lower() == feature.value.lower() else feature


def _without_quotations(text: str) -> str:
    kept, position = [], 0
    for quotation in quotations(text):
        before, following = text[position : quotation.start], text[quotation.end :]
        is_font = is_name_of_a_font(before, following[:_LONGEST_NAMED])
        kept += [before, f" {quotation.words} " if is_font else _QUOTE]
        position = quotation.end
    return _SCRIPTS.sub(" ", "".join([*kept, text[position:]]))


def _all(text: str) -> Iterator[Feature]:
    count = 0
    for sentence in _SENTENCES.split(text):
        asks = adds = after_film = False
        by_default, offers = (words.search(sentence) is not None for words in (_DEFAULTS, _OFFERS))
        for clause in _BREAKS.split(sentence):
            count += 1
            if count > _MOST_CLAUSES:
                return
            if not clause or not clause.strip():
                continue
            if _REFUSES.search(clause):
                asks = adds = False
                continue
            asks = asks or _ASKS.search(clause) is not None
            begins = _ADDS.search(clause) is not None or (after_film and _WITH.match(clause) is not None)
            after_film = _FILM_LAST.search(clause) is not None
            adds = begins or (adds and not _ASKS.search(clause))
            named = list(_named(clause, asks=asks))
            yield from (
                replace(feature, by_default=by_default)
                for feature in named
                if not (offers and feature.kind is Kind.BRAND_COLOUR)
            )
            if adds and not named and _is_unknown(clause, begins=begins):
                yield Feature(Kind.OTHER, _said(clause))


def _named(clause: str, *, asks: bool) -> Iterator[Feature]:
    place = next((place for place, pattern in _PLACES if pattern.search(clause)), "")
    for kind, pattern, alone in _FEATURES:
        for match in islice(pattern.finditer(clause), 5):
            if not (alone or asks or place or AMOUNT.search(clause)):
                continue
            if not alone and _ABOUT.search(clause, 0, match.start()):
                continue
            yield Feature(kind, _value(kind, match[0], clause), place if kind in _PLACED else "")
            if kind not in _MANY:
                break


_PLACED = {Kind.LOGO, Kind.QR_CODE}
_MANY = {Kind.HANDLE, Kind.HASHTAG}


def _value(kind: Kind, found: str, clause: str) -> str:
    match kind:
        case Kind.BRAND_COLOUR:
            hexed = _HEX.search(clause)
            return hexed[0].lower() if hexed else ""
        case Kind.PRICE:
            amount = AMOUNT.search(clause)
            return amount[0].strip() if amount else ""
        case Kind.FONT | Kind.OTHER | Kind.SONG | Kind.GENRE:
            return _FOR_A_FONT.sub("", _said(clause)) if kind is Kind.FONT else found.strip(_EDGES)
        case Kind.QR_CODE:
            return address_in(clause)
        case Kind.LOGO | Kind.CAPTIONS | Kind.OWN_VOICE:
            return ""
        case _:
            return found.strip()


def address_in(text: str) -> str:
    """Return the first address of a web page that a text names; empty where it names none."""
    found = _ADDRESS.search(text)
    if found is None:
        return ""
    address = found[0].rstrip(_EDGES)
    return address if "://" in address else f"https://{address}"


def _is_unknown(clause: str, *, begins: bool) -> bool:
    """Whether words are left that no rule understands."""
    if _QUOTE in clause and not begins:
        return False
    lowered = clause.lower()
    if read_seconds(lowered) is not None and not begins:
        return False
    rest = _KNOWN.sub(" ", _UNDERSTOOD.sub(" ", clause.replace(_QUOTE, " ")))
    return len(_LETTERS.findall(rest)) >= 2  # noqa: PLR2004 - one letter is what is left of a word


def _said(clause: str) -> str:
    """A clause without the verb that it begins with."""
    plain = " ".join(clause.replace(_QUOTE, "…").split()).strip(_EDGES)
    begun = _LEADING.match(plain)
    plain = plain[begun.end() :] if begun else plain
    plain = _TRAILING.sub("", plain).strip(_EDGES)
    return plain if len(plain) <= _LONGEST_NAMED else f"{plain[:_LONGEST_NAMED].rsplit(' ', 1)[0]}…"
