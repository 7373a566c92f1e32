"""The JSON Schema of each event of the event bus: `python -m tests.notifications.event_schemas`."""

import json
from pathlib import Path

from videos.events.bus_events import BUS_EVENTS

SCHEMAS = Path(__file__).parents[2] / "docs" / "events"


def schemas() -> dict[str, str]:
    """Return the files of docs/events, by their names."""
    made = {
        event.__name__: {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **event.model_json_schema(mode="serialization"),
        }
        for event in BUS_EVENTS
    }
    return {f"{name}.json": json.dumps(schema, indent=2) + "\n" for name, schema in made.items()}


if __name__ == "__main__":
    for name, schema in schemas().items():
        (SCHEMAS / name).write_text(schema, encoding="utf-8")
