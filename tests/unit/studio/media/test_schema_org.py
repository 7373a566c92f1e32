"""Products as shops describe them, with the faults that real pages have."""

import time

import pytest
from selectolax.lexbor import LexborHTMLParser

from studio.media.schema_org import Properties, products

LAMP = '{"@type": "Product", "name": "Lamp // 5/* W"}'


def first(html: str) -> Properties:
    return next(products(LexborHTMLParser(html)), {})


def in_script(text: str) -> Properties:
    return first(f'<script type="application/ld+json">{text}</script>')


@pytest.mark.parametrize(
    "script",
    [
        LAMP,
        f"[{LAMP}]",
        f'{{"@graph": [{{"@type": "WebSite"}}, [{LAMP}]]}}',
        f"// the lamp\n{LAMP}",
        f"/* the\nlamp */ {LAMP} // end",
        f"<!-- {LAMP} -->",
        f"//<![CDATA[\n{LAMP}\n//]]>",
        LAMP.replace("}", ", }"),
        LAMP.replace("}", ', "tags": ["a", ]}'),
        LAMP.replace("}", ', "description": "two\nlines"}'),
        LAMP.replace("Product", "http://schema.org/Product"),
        LAMP.replace('"Product"', '["Thing", "Product"]'),
    ],
)
def test_a_product_in_a_script(script: str) -> None:
    assert in_script(script)["name"] == "Lamp // 5/* W"


def test_a_broken_script_hides_no_other() -> None:
    html = f'<script type="application/ld+json">{{</script><script type="application/ld+json">{LAMP}</script>'
    assert first(html)["name"] == "Lamp // 5/* W"


@pytest.mark.parametrize(
    "script", ["", "null", "7", '"Product"', "[" * 100_000, '{"a":' * 100_000, "{", '{"@type": null}']
)
def test_what_is_not_a_product_is_skipped(script: str) -> None:
    assert in_script(script) == {}


@pytest.mark.parametrize("text", ['"', "/*", "//", "<!--", ", ", ",\n", "\\", '"\\', "/*/"])
def test_no_script_takes_long(text: str) -> None:
    began = time.process_time()
    assert in_script(text * (1_000_000 // len(text))) == {}
    assert time.process_time() - began < 5


def test_a_product_in_attributes() -> None:
    product = first(
        '<div itemscope itemtype="https://schema.org/WebPage"><p itemprop="name">The shop</p>'
        '<div itemprop="mainEntity" itemscope itemtype="https://schema.org/Product">'
        '<h1 itemprop="name">The <b>evening</b><style>b {}</style> lamp</h1>'
        '<a itemprop="url" href="/lamp">more</a>'
        '<img itemprop="image" src="1.jpg"><img itemprop="image" src="2.jpg">'
        '<span itemprop="brand" itemscope><b itemprop="name">Halden</b></span>'
        '<p itemprop="offers" itemscope><data itemprop="price" value="149">149</data>'
        '<b itemprop="priceCurrency lowPriceCurrency" content="EUR">€</b>'
        '<time itemprop="validFrom" datetime="2026-01-01">soon</time></p></div></div>'
    )
    assert " ".join(product["name"][0].split()) == "The evening lamp"
    assert (product["url"], product["image"]) == (["/lamp"], ["1.jpg", "2.jpg"])
    assert product["brand"] == [{"name": ["Halden"]}]
    assert product["offers"] == [
        {
            "price": ["149"],
            "priceCurrency": ["EUR"],
            "lowPriceCurrency": ["EUR"],
            "validFrom": ["2026-01-01"],
        }
    ]


def test_endless_nesting_ends() -> None:
    item = '<div itemprop="offers" itemscope itemtype="https://schema.org/Product">'
    assert first(item * 5_000)["offers"]
