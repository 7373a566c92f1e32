"""Every event of the event bus fits its published schema, and says no more than a service may know."""

import json
from typing import Any

import jsonschema_rs
import pytest

from aws.messages import message_of
from tests.notifications.event_schemas import SCHEMAS, schemas
from tests.notifications.samples import announcements
from videos.events.bus_events import BUS_EVENTS, bus_event_of

SAMPLES = announcements()
TYPES = {
    "ready": "VideoReady",
    "needs-answer": "VideoNeedsAnswer",
    "cancelled": "VideoCancelled",
    "failed": "VideoFailed",
    "hostile-ready": "VideoReady",
    "hostile-failed": "VideoFailed",
    "progress": "VideoProgress",
    "batch": "BatchEnded",
}


def _type_of(name: str) -> str:
    return next(TYPES[beginning] for beginning in TYPES if name.startswith(beginning))


def _closed(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the schema with unknown properties forbidden, so that nothing is sent that it does not name."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(item) for name, item in schema.items()}
    return closed | {"additionalProperties": False} if "properties" in schema else closed


def test_the_schemas_are_those_of_the_code() -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in SCHEMAS.iterdir()}
    assert kept == schemas(), "Run: make event-schemas"


def test_each_type_has_a_sample() -> None:
    assert {type(bus_event_of(sample)) for sample in SAMPLES.values()} == set(BUS_EVENTS)


@pytest.mark.parametrize("name", SAMPLES)
def test_each_event_fits_the_schema_of_its_type(name: str) -> None:
    event = bus_event_of(SAMPLES[name])
    assert type(event).__name__ == _type_of(name)
    schema = json.loads((SCHEMAS / f"{type(event).__name__}.json").read_text(encoding="utf-8"))
    validator = jsonschema_rs.Draft202012Validator(_closed(schema), validate_formats=True)
    sent = json.loads(message_of(event))
    validator.validate(sent)
    for field in schema["required"]:
        without = {key: value for key, value in sent.items() if key != field}
        assert not validator.is_valid(without), "the schema sees what is missing"


@pytest.mark.parametrize("name", SAMPLES)
def test_an_event_is_the_announcement_without_what_only_people_use(name: str) -> None:
    announcement, event = (
        json.loads(message_of(SAMPLES[name])),
        json.loads(message_of(bus_event_of(SAMPLES[name]))),
    )
    different = {key for key in announcement.keys() | event.keys() if announcement.get(key) != event.get(key)}
    assert different <= {"change_url", "advice"}
    assert event.get("change_url") is None
    assert "&change=" not in json.dumps(event)


def test_a_question_is_answered_over_the_api() -> None:
    assert SAMPLES["needs-answer"].model_dump()["change_url"]
    event = bus_event_of(SAMPLES["needs-answer"]).model_dump()
    assert f"POST /v1/videos/{event['video_id']}/edits" in event["advice"]
    assert "page" not in event["advice"]
