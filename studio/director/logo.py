"""Which of the uploaded pictures is the logo that an instruction asks for."""

from collections.abc import Sequence
from pathlib import PurePath

from studio.director.features import Kind as Asked
from studio.director.language import Wish
from studio.draft import Canvas, Corner, Logo
from studio.media.items import Kind, Media

_NAMES = ("logo", "the logo", "our logo", "a logo", "my logo")


def without_logo(wish: Wish, media: Sequence[Media]) -> tuple[Media | None, list[Media]]:
    """Return the logo, if one is asked for and uploaded, and the media that the video is about."""
    if not any(feature.kind is Asked.LOGO for feature in wish.features):
        return None, list(media)
    found = next((item for item in media if _is_logo(item, wish.instruction)), None)
    rest = [item for item in media if item is not found]
    return found, rest or list(media)


def _is_logo(item: Media, instruction: str) -> bool:
    """Whether the file is called a logo, by its name or by the instruction."""
    if item.kind is not Kind.IMAGE:
        return False
    name, said = item.name.lower(), instruction.lower()
    stem = PurePath(name).stem
    called = (
        f"{one} {words}"
        for one in (name, stem)
        for words in ("as logo", "as the logo", "as our logo", "as a logo")
    )
    return "logo" in stem or any(words in said for words in called)


def with_logo(canvas: Canvas, wish: Wish, logo: Media) -> Canvas:
    """Return the canvas with a logo in the corner that the instruction names, else at the top right."""
    places = [feature.place for feature in wish.features if feature.kind is Asked.LOGO]
    corner = next((Corner(place) for place in places if place in set(Corner)), Corner.TOP_RIGHT)
    return canvas.model_copy(update={"logo": Logo(src=logo.id, corner=corner)})
