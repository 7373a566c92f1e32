"""What the markup of a web page says of it: its names, its offer, its pictures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from studio.media import Page
from studio.schema_org import products

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

MOST_PICTURES = 6
_MOST_HEADINGS = 8
_LONGEST_DESCRIPTION, _LONGEST_HEADING = 220, 120
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$"}
_WITHOUT_CENTS = {"JPY", "KRW"}


@dataclass(frozen=True)
class Markup:
    """A page, and the addresses of its pictures, the most telling first."""

    page: Page
    pictures: tuple[str, ...]


def read_markup(html: str, url: str) -> Markup | None:
    """Read a page; `None` when it says nothing that could be shown."""
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - the studio starts without it

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
    pictures = tuple(dict.fromkeys(urljoin(url, address) for address in _pictures(tree, product)))[
        :MOST_PICTURES
    ]
    if not title and not pictures:
        return None
    page = Page(
        url=url,
        domain=domain,
        title=title or domain,
        description=_shortened(description, _LONGEST_DESCRIPTION),
        colour=_colour(_meta(tree, "theme-color")),
        site=_meta(tree, "og:site_name", "application-name"),
        price=_price(product) or _tagged_price(tree),
        headings=tuple(_headings(tree)),
    )
    return Markup(page, pictures)


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
    return f"{symbol}{written}" if symbol else f"{written} {currency}".strip()


def _text_of(value: object) -> str:
    if isinstance(value, list):
        return _text_of(value[0]) if value else ""
    return _clean(str(value)) if isinstance(value, str | int | float) else ""


def _clean(text: str | None) -> str:
    return " ".join((text or "").split())


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def _colour(value: str) -> str | None:
    value = value.lower()
    if re.fullmatch(r"#[0-9a-f]{3}", value):
        return "#" + "".join(2 * digit for digit in value[1:])
    return value if re.fullmatch(r"#[0-9a-f]{6}", value) else None
