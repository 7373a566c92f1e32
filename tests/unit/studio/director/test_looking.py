"""What is seen in pictures, told by pictures drawn so that the answer is known."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from studio.director.looking import Sight, look_at, look_at_capture, look_at_page, look_at_photo
from studio.director.page_parts import centred
from studio.director.salience import best_start
from studio.media.items import Part, Spot

FONT = Path(__file__).resolve().parents[4] / "studio" / "fonts" / "Inter.ttf"


def saved(tmp_path: Path, picture: Image.Image, name: str = "a.png") -> Path:
    path = tmp_path / name
    picture.save(path)
    return path


def photo_like(size: tuple[int, int]) -> Image.Image:
    """Many colours, softly changing."""
    x, y = np.meshgrid(np.linspace(0, 1, size[0]), np.linspace(0, 1, size[1]))
    waves = [120 + 100 * np.sin(6 * x + 3 * i) * np.cos(5 * y + 2 * i) for i in range(3)]
    return Image.fromarray(np.stack(waves, axis=2).astype(np.uint8))


def overlaps(spot: Spot, box: tuple[float, float, float, float], size: tuple[int, int]) -> float:
    """Intersection over union with a box in pixels."""
    one = (
        spot.x * size[0],
        spot.y * size[1],
        (spot.x + spot.width) * size[0],
        (spot.y + spot.height) * size[1],
    )
    wide = min(one[2], box[2]) - max(one[0], box[0])
    high = min(one[3], box[3]) - max(one[1], box[1])
    both = max(wide, 0) * max(high, 0)
    return both / ((one[2] - one[0]) * (one[3] - one[1]) + (box[2] - box[0]) * (box[3] - box[1]) - both)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    picture = Image.new("RGB", (1440, 3000), (250, 248, 244))
    pencil = ImageDraw.Draw(picture)
    face = ImageFont.truetype(FONT, 96)
    face.set_variation_by_axes([32, 800])
    pencil.text((100, 300), "Evening, by the lamp", (30, 26, 24), face)
    picture.paste(photo_like((600, 500)), (740, 900))
    pencil.rounded_rectangle((100, 1700, 420, 1790), 40, fill=(216, 96, 44))
    pencil.text((160, 1720), "Order yours", "white", ImageFont.truetype(FONT, 34))
    for line in range(8):
        pencil.text(
            (100, 2000 + 44 * line),
            "A few words in a small size that go on",
            (90, 90, 90),
            ImageFont.truetype(FONT, 24),
        )
    return saved(tmp_path, picture)


@pytest.mark.parametrize(
    ("part", "box"),
    [
        (Part.HEADLINE, (100, 310, 1090, 400)),
        (Part.PICTURE, (740, 900, 1340, 1400)),
        (Part.ACTION, (100, 1700, 420, 1790)),
    ],
)
def test_what_matters_on_a_page_is_found(page: Path, part: Part, box: tuple[int, int, int, int]) -> None:
    spots = [spot for spot in look_at_page(page).spots if spot.part is part]
    assert max(overlaps(spot, box, (1440, 3000)) for spot in spots) > 0.6


def test_what_is_drawn_within_a_photo_of_a_page_is_a_part_of_the_photo(tmp_path: Path) -> None:
    """A button on it, which has a word, is one of the page's own grounds."""
    picture = Image.new("RGB", (1440, 1000), "#8090a0")
    pencil = ImageDraw.Draw(picture)
    pencil.ellipse((900, 200, 1200, 500), fill="#203040")
    pencil.rectangle((200, 300, 420, 370), fill="#d8602c")
    words = (230 / 1440, 320 / 1000, 390 / 1440, 350 / 1000)
    path = saved(tmp_path, picture)
    alone = look_at_capture(path, (words,)).shapes
    on_photo = look_at_capture(path, (words,), [(0, 0.1, 1, 0.6)]).shapes
    assert (len(alone.things), on_photo.things) == (1, ())
    assert len(alone.cards) == len(on_photo.cards) == 1
    # The ground of a known picture is in a frame or around it, as a grid is.
    assert look_at_capture(path, (words,), [(910 / 1440, 0.25, 1190 / 1440, 0.4)]).shapes.things == ()


def test_an_empty_page_has_nothing_that_matters(tmp_path: Path) -> None:
    look = look_at_page(saved(tmp_path, Image.new("RGB", (1440, 3000), "white")))
    assert look.spots == ()
    assert look.colour is None


def test_the_lines_of_a_page_are_found_so_that_they_can_be_kept_whole(page: Path) -> None:
    small = [line for line in look_at_page(page).lines if line[1] > 1950 / 3000]
    assert len(small) == 8
    assert all(0.05 < left < right < 0.5 for left, _, right, _ in small)


def screenshot(size: tuple[int, int], letters: int) -> Image.Image:
    """A page's first screen: a photo with a headline on it, and some lines below."""
    picture = Image.new("RGB", size, "white")
    picture.paste(photo_like((size[0], size[1] // 2)))
    pencil = ImageDraw.Draw(picture)
    face = ImageFont.truetype(FONT, 3 * letters)
    pencil.text((size[0] // 8, size[1] // 6), "Kettles that sing", "white", face)
    for line in range(5):
        place = size[0] // 8, size[1] // 2 + (2 + 2 * line) * letters
        pencil.text(place, "Pours slowly, boils in no time", (60, 60, 60), ImageFont.truetype(FONT, letters))
    return picture


@pytest.mark.parametrize(
    ("size", "letters"),
    [((1280, 720), 20), ((1280, 800), 18), ((1440, 900), 20), ((1280, 1700), 20), ((1170, 2532), 44)],
)
def test_a_screenshot_of_any_shape_is_a_screen(tmp_path: Path, size: tuple[int, int], letters: int) -> None:
    look = look_at(saved(tmp_path, screenshot(size, letters)))
    assert look.sight is Sight.SCREEN
    assert any(spot.part is Part.HEADLINE for spot in look.spots)


def test_a_chart_is_a_screen_and_a_photo_is_none(tmp_path: Path) -> None:
    chart = Image.new("RGB", (1320, 825), "white")
    pencil = ImageDraw.Draw(chart)
    pencil.text((160, 60), "Orders per day, 2025", "black", ImageFont.truetype(FONT, 32))
    for bar, high in enumerate((120, 180, 270, 410)):
        pencil.rectangle((200 + 250 * bar, 700 - high, 360 + 250 * bar, 700), fill=(42, 111, 219))
        pencil.text((240 + 250 * bar, 720), f"Quarter {bar + 1}", "black", ImageFont.truetype(FONT, 22))
    assert look_at(saved(tmp_path, chart)).sight is Sight.SCREEN
    assert look_at(saved(tmp_path, photo_like((1600, 1200)))).sight is Sight.PHOTO


def test_a_product_on_a_plain_ground_is_found_whole(tmp_path: Path) -> None:
    picture = Image.new("RGB", (1600, 1600), (250, 250, 250))
    picture.paste(photo_like((500, 700)), (600, 400))
    look = look_at(saved(tmp_path, picture))
    assert (look.sight, look.ground) == (Sight.PRODUCT, "#fafafa")
    assert look.subject == pytest.approx((600 / 1600, 400 / 1600, 1100 / 1600, 1100 / 1600), abs=0.02)


@pytest.mark.parametrize("centre", [(600, 500), (1400, 900)])
def test_what_stands_out_of_a_photo_is_found(tmp_path: Path, centre: tuple[int, int]) -> None:
    picture = Image.new("RGB", (2000, 1400), (40, 70, 100))
    x, y = centre
    ImageDraw.Draw(picture).ellipse((x - 150, y - 150, x + 150, y + 150), fill=(240, 190, 60))
    look = look_at_photo(saved(tmp_path, picture))
    assert look.spots[0].centre == pytest.approx((x / 2000, y / 1400), abs=0.06)
    rows = [sum(line) for line in look.salience]
    assert sum(rows) == pytest.approx(1)
    assert abs(rows.index(max(rows)) / len(rows) - y / 1400) < 0.12


def test_colours_and_transparency_are_told(tmp_path: Path) -> None:
    orange = look_at_photo(saved(tmp_path, Image.new("RGB", (400, 400), (230, 120, 20)), "o.png"))
    assert orange.colour == "#e67814"
    assert not orange.transparent
    cut_out = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    ImageDraw.Draw(cut_out).ellipse((100, 100, 300, 300), fill=(20, 160, 80, 255))
    assert look_at_photo(saved(tmp_path, cut_out, "c.png")).transparent


def test_the_same_picture_is_seen_the_same_way(page: Path) -> None:
    assert look_at_page(page) == look_at_page(page)


def test_a_picture_that_lies_is_seen_upright(tmp_path: Path) -> None:
    """Its orientation is in its EXIF data: the mark on its left is at the top when it is shown."""
    picture = Image.new("RGB", (1600, 800), (40, 70, 100))
    ImageDraw.Draw(picture).ellipse((150, 300, 350, 500), fill=(240, 190, 60))
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "lying.jpg"
    picture.save(path, exif=exif, quality=95)
    (x, y), *_ = [spot.centre for spot in look_at_photo(path).spots]
    assert (x, y) == pytest.approx((0.5, 250 / 1600), abs=0.08)


def test_a_clip_begins_where_there_is_something_to_see(tmp_path: Path) -> None:
    """Six seconds of black, then six with a picture."""
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast", "g": "10"})
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.time_base = Fraction(1, 10)
        bright = np.asarray(photo_like((320, 180)))
        for number in range(120):
            shown = np.roll(bright, 8 * number, axis=1) if number >= 60 else np.zeros_like(bright)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert 5500 <= best_start(path, 12_000, 4000) <= 8000
    assert best_start(path, 12_000, 12_000) == 0


def test_a_line_of_a_centred_text_reaches_as_far_to_both_sides() -> None:
    """Only the heads of the first letters of a large line were found."""
    below = [(0.33, 0.5, 0.67, 0.53), (0.36, 0.55, 0.64, 0.58), (0.02, 0.03, 0.2, 0.05)]
    assert centred((0.24, 0.3, 0.52, 0.42), below) == pytest.approx((0.24, 0.3, 0.76, 0.5))
    assert centred((0.24, 0.3, 0.52, 0.36), below) == pytest.approx((0.24, 0.3, 0.76, 0.45))
    for line in (below[2], (0.33, 0.3, 0.6, 0.4), (0.7, 0.3, 0.9, 0.4)):
        assert centred(line, below) == line
