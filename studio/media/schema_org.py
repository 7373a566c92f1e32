"""Products that a page describes in the vocabulary of schema.org, as JSON-LD or as microdata."""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

Properties = dict[str, Any]

_PRODUCTS = {"Product", "ProductGroup", "IndividualProduct"}
_DEEPEST_ITEM = 4
_ATTRIBUTES = {
    **dict.fromkeys(("a", "area", "link"), "href"),
    **dict.fromkeys(("audio", "embed", "iframe", "img", "source", "track", "video"), "src"),
    **dict.fromkeys(("data", "meter"), "value"),
    "object": "data",
    "time": "datetime",
}
# Strings are kept. Each part matches to the end of the text at the latest, so no text takes long.
_NOT_JSON = re.compile(
    r'("(?:\\.|[^"\\])*"?)|//[^\n]*|/\*(?:.*?\*/|.*)|<!--|-->|<!\[CDATA\[|\]\]>|,(?=\s*[}\]])', re.DOTALL
)


def products(tree: "LexborHTMLParser") -> Iterator[Properties]:
    """Return the properties of each product: texts, numbers, nested items, and lists of these."""
    for script in tree.css('script[type^="application/ld+json"]'):
        yield from _in_json(_read(script.text()))
    for node in tree.css("[itemscope][itemtype]"):
        if _is_product((node.attributes["itemtype"] or "").split()):
            yield _item(node, _DEEPEST_ITEM)


def _read(script: str) -> object:
    """Return what a script says; `None` for what cannot be read. Comments and extra commas are common."""
    for text in (script, _NOT_JSON.sub(lambda found: found[1] or "", script)):
        try:
            return json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _in_json(read: object) -> Iterator[Properties]:
    waiting = [read]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, list):
            waiting += reversed(thing)
        elif isinstance(thing, dict):
            kinds = thing.get("@type")
            if _is_product(kinds if isinstance(kinds, list) else [kinds]):
                yield thing
            waiting.append(thing.get("@graph"))


def _is_product(kinds: list[Any]) -> bool:
    return not _PRODUCTS.isdisjoint(str(kind).rsplit("/", 1)[-1] for kind in kinds)


def _item(node: "LexborNode", deepest: int) -> Properties:
    """Return the properties of an element with `itemscope`: name to values, in the order of the page."""
    properties: dict[str, list[object]] = {}
    waiting = [node]
    while waiting:
        element = waiting.pop()
        nested = "itemscope" in element.attributes and element is not node
        if names := (element.attributes.get("itemprop") or "").split() if element is not node else []:
            value = (_item(element, deepest - 1) if deepest else {}) if nested else _value(element)
            for name in names:
                properties.setdefault(name, []).append(value)
        if not nested:
            waiting += reversed(list(element.iter()))
    return properties


def _value(element: "LexborNode") -> str:
    attributes = element.attributes
    source = attributes.get(_ATTRIBUTES.get(element.tag or "", "content"))
    return source or attributes.get("content") or " ".join(_texts(element))


def _texts(element: "LexborNode") -> Iterator[str]:
    for node in element.traverse(include_text=True):
        if node.tag == "-text" and node.parent and node.parent.tag not in {"script", "style"}:
            yield node.text()
