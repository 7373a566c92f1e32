"""What the markup of a web page says of it: its names, its offer, its pictures.

Markup is foreign: `read_markup` runs isolated, and what it returns is bounded.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from studio.isolation.bounds import Bounds
from studio.media.items import Page
from studio.media.schema_org import products

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

LIBRARIES = ("selectolax.lexbor",)
READING = Bounds(seconds=20, megabytes=800)
MOST_PICTURES = 6
_MOST_HEADINGS = 8
_LONGEST_DESCRIPTION, _LONGEST_HEADING, _LONGEST_TITLE, _LONGEST_NAME = 220, 120, 300, 120
_LONGEST_TEXT = 2000
"""Characters that are looked at of anything a page says."""
_LONGEST_ADDRESS = 4096
_MOST_IMAGES = 200
# Python's own, which no page is written in. Some take time in the square of the text.
_NOT_CHARSETS = {"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"}
_JOINERS = "\u200c\u200d"
"""Persian and Hindi need them, and so do some emoji."""
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$"}
_WITHOUT_CENTS = {"JPY", "KRW"}


@dataclass(frozen=True)
class Markup:
    """A page, and the addresses of its pictures, the most useful first."""

    page: Page
    pictures: tuple[str, ...]


def read_markup(markup: str | bytes, url: str, charset: str = "utf-8") -> Markup | None:
    """Read a page; `None` when it says nothing that could be shown. Hostile markup may take any time."""
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - the studio starts without it

    html = markup if isinstance(markup, str) else _decoded(markup, charset)
    tree = LexborHTMLParser(html)
    product = next(products(tree), {})
    domain = (urlsplit(url).hostname or "").removeprefix("www.")
    title = (
        _text_of(product.get("name"))
        or _meta(tree, "og:title", "twitter:title")
        or _text(tree, "title")
        or _text(tree, "h1")
    )
    description = (
        _meta(tree, "og:description", "description", "twitter:description")
        or _text_of(product.get("description"))
        or _text(tree, "main p, article p, p")
    )
    found = (_joined(url, address) for address in islice(_pictures(tree, product), _MOST_IMAGES))
    pictures = tuple(dict.fromkeys(address for address in found if address))[:MOST_PICTURES]
    if not title and not pictures:
        return None
    page = Page(
        url=url,
        domain=domain,
        title=_shortened(title or domain, _LONGEST_TITLE),
        description=_shortened(description, _LONGEST_DESCRIPTION),
        colour=_colour(_meta(tree, "theme-color")),
        site=_shortened(_meta(tree, "og:site_name", "application-name"), _LONGEST_NAME),
        price=_price(product) or _tagged_price(tree),
        headings=tuple(_headings(tree)),
    )
    return Markup(page, pictures)


def _decoded(markup: bytes, charset: str) -> str:
    try:
        name = codecs.lookup(charset).name
        return markup.decode("utf-8" if name in _NOT_CHARSETS else name, errors="replace")
    except (LookupError, ValueError):
        return markup.decode(errors="replace")  # a character set that nobody knows, or none of text


def _joined(url: str, address: str) -> str | None:
    try:
        joined = urljoin(url, address)
    except ValueError:
        return None  # brackets that hold no address
    return joined if len(joined) <= _LONGEST_ADDRESS else None


def _meta(tree: "LexborHTMLParser", *names: str) -> str:
    for name in names:
        node = tree.css_first(f'meta[property="{name}"], meta[name="{name}"]')
        if node and (content := _clean(node.attributes.get("content"))):
            return content
    return ""


def _text(tree: "LexborHTMLParser", selector: str) -> str:
    node = tree.css_first(selector)
    return _clean(node.text()) if node else ""


def _headings(tree: "LexborHTMLParser") -> Iterator[str]:
    found = (_clean(node.text()) for node in tree.css("h1, h2"))
    yield from list(dict.fromkeys(text for text in found if 0 < len(text) <= _LONGEST_HEADING))[
        :_MOST_HEADINGS
    ]


def _pictures(tree: "LexborHTMLParser", product: dict[str, Any]) -> Iterator[str]:
    if address := _meta(tree, "og:image", "og:image:url", "twitter:image"):
        yield address
    images = product.get("image")
    for image in images if isinstance(images, list) else [images]:
        if address := _text_of(image.get("url") if isinstance(image, dict) else image):
            yield address
    for node in tree.css("main img, article img, img"):
        if (source := node.attributes.get("src")) and not source.startswith("data:"):
            yield source


def _price(product: dict[str, Any]) -> str:
    offers = product.get("offers")
    for offer in offers if isinstance(offers, list) else [offers]:
        if not isinstance(offer, dict):
            continue
        if amount := _text_of(offer.get("price") or offer.get("lowPrice")):
            return _money(amount, _text_of(offer.get("priceCurrency")))
    return ""


def _tagged_price(tree: "LexborHTMLParser") -> str:
    amount = _meta(tree, "product:price:amount", "og:price:amount")
    return _money(amount, _meta(tree, "product:price:currency", "og:price:currency")) if amount else ""


def _money(amount: str, currency: str) -> str:
    """As it is written in English: `€39.00`; an unusual currency follows by its code."""
    if not re.fullmatch(r"\d{1,9}(?:\.\d+)?", amount):
        return ""
    number = float(amount)
    written = f"{number:,.0f}" if number == int(number) and currency in _WITHOUT_CENTS else f"{number:,.2f}"
    symbol = _SYMBOLS.get(currency.upper())
    return f"{symbol}{written}" if symbol else f"{written} {currency[:3]}".strip()


def _text_of(value: object) -> str:
    if isinstance(value, list):
        return _text_of(value[0]) if value else ""
    return _clean(str(value)) if isinstance(value, str | int | float) else ""


def _clean(text: str | None) -> str:
    """Single spaces, and no characters that cannot be seen: they reorder or hide what is shown."""
    seen = (
        character
        for character in (text or "")[:_LONGEST_TEXT]
        if character.isspace() or character in _JOINERS or unicodedata.category(character)[0] != "C"
    )
    return " ".join("".join(seen).split())


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def _colour(value: str) -> str | None:
    value = value.lower()
    if re.fullmatch(r"#[0-9a-f]{3}", value):
        return "#" + "".join(2 * digit for digit in value[1:])
    return value if re.fullmatch(r"#[0-9a-f]{6}", value) else None
