"""The language of an instruction, of the six that have a table of words (`intent_languages`)."""

import re
from collections import Counter
from typing import Final, Literal, TypeAlias

from backend.intent_languages import FRENCH, GERMAN, SPANISH
from backend.intent_words import ENGLISH, QUOTE, Language, said
from backend.sentences import sentence_of, unquoted

Code: TypeAlias = Literal["en", "zh", "de", "fr", "es", "ja"]
DEFAULT: Final[Code] = "en"

_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"[a-z']+")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|(?<![\w-])[\w-]++\.[a-z]\w{1,4}\b")
_LETTERS: Final[tuple[tuple[Code, str], ...]] = (("de", "äöü"), ("fr", "àâçèêëîïôœù"), ("es", "áíñóú¿¡"))

# Words of instructions that the tables of requests do not need.
_MORE: Final[dict[Code, str]] = {
    "en": """
        make create generate show with from about into more less shorter longer bigger smaller without
        music second seconds title text logo style background color voice slow fast calm short long
        and or not
        """,
    "de": """
        ein eine einen einem einer eines vom der die das dem den des und oder nicht sehr mit ohne fur
        ueber uber aus bei nach unser unsere unserem mach mache macht erstelle erstell erzeuge zeige
        zeig nimm fuge ersetze kurz kurzer kurze langer lange grosser kleiner ruhig ruhiges sekunden
        musik titel hochformat querformat schrift farbe stimme langsam langsamer schneller diesem
        diese dieses dieser mehr weniger
        """,
    "fr": """
        un une des le la les du au aux et ou ne pas tres avec sans pour sur dans par mon ma mes notre
        nos vos ce cette ces fais faites cree creez genere generez montre montrez ajoute ajoutez
        remplace plus moins court courte long longue grand grande petit titre musique secondes texte
        couleur voix lent calme rapide
        """,
    "es": """
        un una unos unas el la los las del al y o no muy con sin para por sobre en mi mis nuestro
        nuestra este esta estos estas haz haga crea cree genera genere muestra muestre agrega anade
        pon quita cambia mas menos corto corta largo larga grande pequeno titulo musica segundos texto
        color voz lento tranquilo rapido
        """,
}
_LATIN: Final[dict[Code, Language]] = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH}
_WORDS: Final = {code: language.words | said(_MORE[code]) for code, language in _LATIN.items()}
_SHORTEST_WORD: Final = 2
_ENOUGH: Final = 2
"""Signs of a language that an instruction has at least: one word may be a name."""


def language_of(text: str) -> Code | None:
    """Return the language of an instruction, or None if it is not clear.

    Text in quotation marks is content. Addresses and file names do not count as words.
    """
    outside = _ADDRESS.sub(" ", unquoted(text.casefold()))
    east_asian = len(_KANA.findall(outside)) + len(_HAN.findall(outside))
    if east_asian and east_asian >= len(_WORD.findall(outside)):  # fewer may be a name
        return "ja" if _KANA.search(outside) else "zh"
    signs = _signs(outside)
    (best, most), *others = signs.most_common() or [(DEFAULT, 0)]
    runner_up = others[0][1] if others else 0
    return best if most >= _ENOUGH and most > runner_up else None


def _signs(text: str) -> Counter[Code]:
    """Count the words and letters that only one of the languages has."""
    signs: Counter[Code] = Counter()
    sentence = sentence_of(text).replace(QUOTE, " ")
    for word in _WORD.findall(sentence):
        known = [code for code, words in _WORDS.items() if word in words]
        if len(word) >= _SHORTEST_WORD and len(known) == 1:
            signs[known[0]] += 1
    for code, letters in _LETTERS:
        signs[code] += any(letter in text for letter in letters)
    return signs
