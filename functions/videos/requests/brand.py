"""The brand of a video: its logo, found for those who may name it, and its description for the agent.

A logo is uploaded beside the material of the video. It gets a name of its own, because the name of its file
may say anything.
"""

from collections.abc import Mapping
from contextlib import suppress

from videos.model.media import Media, WebAddress
from videos.model.video import Brand, Options
from videos.requests.folders import is_address
from videos.requests.link_files import with_scheme
from videos.requests.options import FieldError, RequestOptions, shortened
from videos.requests.ownership import NamedObjects
from videos.requests.page_material import neutral
from videos.requests.sources import Reach

LOGO_FIELD = "brand.logo"
LOGO_NAME = "brand-logo"
"""The name under which a logo is uploaded, without its ending."""

_LONGEST_ACTION = 60


def options_of(
    request: RequestOptions, owner: str, *, objects: NamedObjects, reachable: Reach, folder: str = ""
) -> Options:
    """Return what a video should be like.

    Args:
        request: What was asked for.
        owner: Who asked.
        objects: The objects that an owner may name.
        reachable: Checks an address.
        folder: Where the logo may lie that is named by its file name.

    Raises:
        FieldError: The logo does not exist, its owner may not name it, or its address is forbidden.
    """
    name = request.brand.logo if request.brand is not None else None
    logo = _logo(name, owner, objects, reachable, folder) if name is not None else None
    return with_logo(request.model_dump(include=set(Options.model_fields)), logo)


def with_logo(given: Mapping[str, object], logo: Media | None) -> Options:
    """Return what a video should be like, with the logo that its brand names."""
    brand = given.get("brand")
    if not isinstance(brand, dict):
        return Options.model_validate(given)
    return Options.model_validate({**given, "brand": {**brand, "logo": logo}})


def _logo(name: str, owner: str, objects: NamedObjects, reachable: Reach, folder: str) -> Media:
    if is_address(name):
        # A warning is not kept: the first step fetches the logo, and says what is wrong.
        return WebAddress(url=reachable(LOGO_FIELD, with_scheme(name)).url)
    for key in (f"{folder}/{name}", name) if folder else (name,):
        with suppress(FieldError):
            return objects.named(LOGO_FIELD, key, owner)
    with suppress(FieldError):
        return objects.uploaded(LOGO_FIELD, name, owner)
    raise FieldError(LOGO_FIELD, f"there is no “{shortened(name)}” that you may use. Upload it first.")


def sentences_of(brand: Brand | None) -> list[str]:
    """Return the description of a brand for the agent."""
    if brand is None:
        return []
    sentences = []
    if brand.logo is not None:
        sentences.append(
            f"Use the uploaded picture {LOGO_NAME} as the logo in the top right corner, "
            "unless another place was asked for."
        )
    if brand.colors:
        main, *others = brand.colors
        more = f" Other brand colors that may be used: {', '.join(others)}." if others else ""
        sentences.append(f"Main brand color: {main}.{more}")
    if brand.font is not None:
        sentences.append(f"Use the font {brand.font}.")
    if brand.call_to_action is not None and (action := neutral(brand.call_to_action, _LONGEST_ACTION)):
        sentences.append(f'Call to action: "{action}".')
    return sentences
