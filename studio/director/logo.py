"""Which of the uploaded pictures is the logo that an instruction asks for."""

from collections.abc import Sequence
from pathlib import PurePath

from studio.director.features import Kind as Asked
from studio.director.language import Wish
from studio.draft import Canvas, Corner, Logo
from studio.media.items import Kind, Media


def without_logo(wish: Wish, media: Sequence[Media]) -> tuple[Media | None, list[Media]]:
    """Return the logo, if one is asked for and uploaded, and the media that the video is about."""
    if not any(feature.kind is Asked.LOGO for feature in wish.features):
        return None, list(media)
    pictures = [item for item in media if item.kind is Kind.IMAGE]
    called = (item for item in pictures if _is_called_logo(item, wish.instruction))
    named = (item for item in pictures if "logo" in PurePath(item.name.lower()).stem)
    found = next(called, None) or next(named, None)
    rest = [item for item in media if item is not found]
    return found, rest or list(media)


def _is_called_logo(item: Media, instruction: str) -> bool:
    """Whether the instruction calls the file a logo."""
    name, said = item.name.lower(), instruction.lower()
    called = (
        f"{one} {words}"
        for one in (name, PurePath(name).stem)
        for words in ("as logo", "as the logo", "as our logo", "as a logo")
    )
    return any(words in said for words in called)


def with_logo(canvas: Canvas, wish: Wish, logo: Media) -> Canvas:
    """Return the canvas with a logo in the corner that the instruction names, else at the top right."""
    places = [feature.place for feature in wish.features if feature.kind is Asked.LOGO]
    corner = next((Corner(place) for place in places if place in set(Corner)), Corner.TOP_RIGHT)
    return canvas.model_copy(update={"logo": Logo(src=logo.id, corner=corner)})
