"""A brand in a request over HTTP."""

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from tests.support.media import picture, wav
from tests.unit.handlers.conftest import World
from tests.unit.handlers.http_calls import ID, a_video_of_ann, call, content, problem
from videos.model.media import InboxFile
from videos.model.records import Status
from videos.model.video import Brand
from videos.requests.ownership import prefix_of

VIDEOS = "/v1/videos"
LOGO = f"{prefix_of('ann', 'upl-1')}sign.png"
SOUND = f"{prefix_of('ann', 'upl-2')}song.wav"


def _ask(context: LambdaContext, brand: object, path: str = VIDEOS) -> dict[str, object]:
    return call(context, "POST", path, {"instruction": "a", "brand": brand})


def test_a_brand_is_kept_with_the_video_and_its_logo_is_no_material(
    world: World, context: LambdaContext
) -> None:
    world.inbox.bodies[LOGO] = picture("PNG")
    made = content(_ask(context, {"logo": "upl-1", "colors": ["#FFF"]}), 202)
    video = world.store.video(made["id"])
    assert video.options.brand == Brand(logo=InboxFile(bucket="the-inbox", key=LOGO), colors=("#ffffff",))
    assert (video.media, made["media"], made["source"]) == ((), [], None)


def test_an_estimate_looks_at_the_logo(world: World, context: LambdaContext) -> None:
    world.inbox.bodies[SOUND] = wav()
    said = problem(_ask(context, {"logo": SOUND}, f"{VIDEOS}/estimate"), 422, "refused")
    assert said["code"] == "unsupported_file"
    assert "“song.wav” is not a picture" in said["detail"]


@pytest.mark.parametrize(
    ("brand", "field", "says"),
    [
        ({"colours": ["#fff"]}, "brand.colours", "Did you mean “colors”?"),
        ({"cta": "Order"}, "brand.cta", "Did you mean “call_to_action”?"),
        ({"colors": ["#fff", "green"]}, "brand.colors", "“green” cannot be used. Use a color code"),
        ({"logo": "upl-9"}, "brand.logo", "there is no “upl-9” that you may use"),
    ],
)
def test_a_mistake_names_the_field(
    world: World, context: LambdaContext, brand: dict[str, object], field: str, says: str
) -> None:
    said = problem(_ask(context, brand), 422, "invalid-request")
    assert said["field"] == field
    assert says in said["detail"]
    assert world.workflow.started == []


def test_an_edit_takes_no_brand(world: World, context: LambdaContext) -> None:
    a_video_of_ann(world, Status.READY)
    body = {"instruction": "a", "brand": {"font": "Arial"}}
    said = problem(call(context, "POST", f"{VIDEOS}/{ID}/edits", body), 422, "invalid-request")
    assert said["field"] == "brand"
