"""Pages read by their markup, as shops and papers write it."""

from pathlib import Path

import pytest

from studio.media.items import Page
from studio.media.metadata import Markup, read_markup

SAMPLE = Path(__file__).resolve().parents[4] / "docs" / "sample" / "tidewater-kettle.html"
URL = "https://www.halden-lamps.example/lamps/evening"


def read(html: str) -> Markup:
    markup = read_markup(html, URL)
    assert markup is not None
    return markup


def page(html: str) -> Page:
    return read(html).page


def test_the_page_of_the_sample() -> None:
    said = page(SAMPLE.read_text(encoding="utf-8"))
    assert said.title == "Tidewater Kettle"
    assert said.headings[0] == "Boils in ninety seconds. Whispers while it does."
    assert said.domain == "halden-lamps.example"


def test_open_graph_names_page_and_picture() -> None:
    markup = read(
        '<html><head><title>Home</title><meta property="og:title" content="The evening lamp">'
        '<meta property="og:description" content="Linen  and\nbrass.">'
        '<meta property="og:site_name" content="Halden">'
        '<meta property="og:image" content="/lamp.jpg">'
        '<meta name="theme-color" content="#D8602C"></head></html>'
    )
    said = markup.page
    assert (said.title, said.description, said.site) == ("The evening lamp", "Linen and brass.", "Halden")
    assert said.colour == "#d8602c"
    assert markup.pictures == ("https://www.halden-lamps.example/lamp.jpg",)


@pytest.mark.parametrize(
    ("offer", "price"),
    [
        ('{"@type": "Offer", "price": "149.00", "priceCurrency": "EUR"}', "€149.00"),
        ('[{"@type": "Offer", "price": 149, "priceCurrency": "USD"}]', "$149.00"),
        ('{"@type": "AggregateOffer", "lowPrice": "12000", "priceCurrency": "JPY"}', "¥12,000"),
        ('{"@type": "Offer", "price": "1490", "priceCurrency": "NOK"}', "1,490.00 NOK"),
        ('{"@type": "Offer", "price": "on request"}', ""),
        ('"soon"', ""),
        ("null", ""),
    ],
)
def test_the_price_of_a_product(offer: str, price: str) -> None:
    product = f'{{"@context": "https://schema.org", "@type": "Product", "name": "Lamp", "offers": {offer}}}'
    said = page(f'<title>x</title><script type="application/ld+json">{product}</script>')
    assert (said.title, said.price) == ("Lamp", price)


def test_a_product_in_a_graph_and_its_pictures() -> None:
    product = (
        '{"@graph": [{"@type": "WebSite"}, {"@type": ["Thing", "Product"], "name": "Lamp",'
        ' "image": ["https://i.example/1.jpg", {"url": "https://i.example/2.jpg"}]}]}'
    )
    markup = read(f'<script type="application/ld+json">{product}</script><img src="data:x"><img src="3.jpg">')
    assert markup.pictures == (
        "https://i.example/1.jpg",
        "https://i.example/2.jpg",
        "https://www.halden-lamps.example/lamps/3.jpg",
    )


def test_a_product_in_microdata() -> None:
    said = page(
        '<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">Lamp</b>'
        '<p itemprop="offers" itemscope itemtype="https://schema.org/Offer">'
        '<meta itemprop="price" content="149"><meta itemprop="priceCurrency" content="GBP"></p></div>'
    )
    assert (said.title, said.price) == ("Lamp", "£149.00")


@pytest.mark.parametrize(
    "broken",
    [
        '<script type="application/ld+json">{"@type": "Product", </script>',
        '<script type="application/ld+json">[[[[1]]]]</script>',
        '<script type="application/ld+json">{"@type": "Product", "offers": {"price": {}}}</script>',
        '<meta property="og:title"><meta name="theme-color" content="url(x)">',
    ],
)
def test_broken_markup_says_nothing(broken: str) -> None:
    said = page(f"<title>Lamp</title>{broken}")
    assert (said.title, said.price, said.colour) == ("Lamp", "", None)


def test_a_page_that_says_nothing_is_none() -> None:
    assert read_markup("<p>hello</p>", URL) is None
    assert read_markup("", URL) is None


def test_what_a_page_says_is_bounded_and_holds_nothing_that_cannot_be_seen() -> None:
    long = "word " * 50_000
    markup = read_markup(
        f"<title>\u202eevil\u0007 {long}</title><meta property='og:site_name' content='{long}'>"
        f"<meta name=description content='{long}'><h1>{long}</h1>"
        f"<img src='http://['><img src='/{'x' * 9000}'>",
        "https://shop.example/",
    )
    assert markup is not None
    page = markup.page
    assert page.title.startswith("evil word")
    assert max(map(len, (page.title, page.site, page.description, *page.headings))) <= 301
    assert markup.pictures == ()


@pytest.mark.parametrize(
    "charset", ["klingon", "punycode", "idna", "hex", "unicode_escape", "undefined", "\0"]
)
def test_a_character_set_that_no_page_is_written_in(charset: str) -> None:
    markup = read_markup("<title>Größe</title>".encode(), "https://shop.example/", charset)
    assert markup is not None
    assert markup.page.title == "Größe"


def test_a_page_in_another_character_set() -> None:
    markup = read_markup("<title>咖啡</title>".encode("gb18030"), "https://shop.example/", "gbk")
    assert markup is not None
    assert markup.page.title == "咖啡"
