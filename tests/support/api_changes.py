"""Changes of the OpenAPI document that break a client which was made for an earlier one.

What the API takes may only widen, and what it sends may only narrow. New fields of responses are allowed, and
so are new operations, optional parameters, optional fields and errors. Names that clients use have to stay.
"""

from collections.abc import Iterator
from typing import Any, Literal

Json = dict[str, Any]

_LEAST = ("minLength", "minItems", "minimum")
_MOST = ("maxLength", "maxItems", "maximum")


def breaking_changes(old: Json, new: Json) -> list[str]:
    """Return what breaks, each with its place."""
    return sorted(set(_Comparison(old, new).changes()))


class _Comparison:
    def __init__(self, old: Json, new: Json) -> None:
        self._documents = {"old": old, "new": new}
        self._open: list[tuple[int, int]] = []

    def changes(self) -> Iterator[str]:
        old, new = self._documents["old"], self._documents["new"]
        for name in old["components"]["schemas"].keys() - new["components"]["schemas"].keys():
            yield f"{name}: the schema is gone"
        for kind in ("paths", "webhooks"):
            for path, methods in old.get(kind, {}).items():
                for method, operation in methods.items():
                    place = f"{method.upper()} {path}"
                    if (now := new.get(kind, {}).get(path, {}).get(method)) is None:
                        yield f"{place}: it is gone"
                    elif kind == "paths":
                        yield from self._operation(place, operation, now)
                    else:
                        yield from self._bodies(place, operation["requestBody"], now["requestBody"], "sent")

    def _operation(self, place: str, old: Json, new: Json) -> Iterator[str]:
        for part in ("operationId", "security"):
            if old.get(part) != new.get(part):
                yield f"{place}: {part} is another"
        yield from self._parameters(place, old, new)
        if (taken := new.get("requestBody")) is not None:
            if (before := old.get("requestBody")) is not None:
                yield from self._bodies(place, before, taken, "taken")
            elif taken.get("required"):
                yield f"{place}: a body is required now"
        elif "requestBody" in old:
            yield f"{place}: the body is gone"
        yield from self._responses(place, old, new)

    def _responses(self, place: str, old: Json, new: Json) -> Iterator[str]:
        for status, response in old["responses"].items():
            if (now := new["responses"].get(status)) is not None:
                for header in response.get("headers", {}).keys() - now.get("headers", {}).keys():
                    yield f"{place} {status}: the header {header} is gone"
                yield from self._bodies(f"{place} {status}", response, now, "sent")
            elif status.startswith("2"):
                yield f"{place} {status}: it is gone"
        for status in new["responses"].keys() - old["responses"].keys():
            if status.startswith("2"):
                yield f"{place} {status}: it is new"

    def _parameters(self, place: str, old: Json, new: Json) -> Iterator[str]:
        before, after = (
            {(item["in"], item["name"]): item for item in operation.get("parameters", [])}
            for operation in (old, new)
        )
        for key in before.keys() - after.keys():
            yield f"{place}: the parameter {key[1]} is gone"
        for key, parameter in after.items():
            if parameter["required"] and not before.get(key, {}).get("required"):
                yield f"{place}: the parameter {key[1]} is required now"
            if key in before:
                yield from self._schema(
                    f"{place} {key[1]}", before[key]["schema"], parameter["schema"], "taken"
                )

    def _bodies(self, place: str, old: Json, new: Json, way: Literal["taken", "sent"]) -> Iterator[str]:
        for kind, content in old.get("content", {}).items():
            if (now := new.get("content", {}).get(kind)) is None:
                yield f"{place}: {kind} is gone"
            else:
                yield from self._schema(place, content["schema"], now["schema"], way)

    def _schema(self, place: str, old: Json, new: Json, way: Literal["taken", "sent"]) -> Iterator[str]:
        """Compare two schemas: each value of the narrow one has to be a value of the wide one."""
        befores, afters = self._kinds("old", old), self._kinds("new", new)
        for kind in afters if way == "sent" else befores:
            others = befores if way == "sent" else afters
            pairs = [(other, kind) if way == "sent" else (kind, other) for other in others]
            found = [list(self._kind(place, before, after, way)) for before, after in pairs]
            if not any(changes == [] for changes in found):
                yield from min(found, key=len, default=[f"{place}: it is gone"])

    def _kinds(self, which: str, schema: Json) -> list[Json]:
        """Return the alternatives of a schema, without references."""
        schemas = self._documents[which]["components"]["schemas"]
        if "$ref" in schema:
            return self._kinds(which, schemas[schema["$ref"].rpartition("/")[2]])
        return [kind for part in schema.get("anyOf", []) for kind in self._kinds(which, part)] or [schema]

    def _kind(self, place: str, old: Json, new: Json, way: Literal["taken", "sent"]) -> Iterator[str]:
        if (id(old), id(new)) in self._open:  # a schema within itself
            return
        wide, narrow = (old, new) if way == "sent" else (new, old)
        if "type" in wide and wide["type"] != narrow.get("type"):
            yield f"{place}: the type was {old.get('type')} and is {new.get('type')}"
            return
        yield from _rules(place, wide, narrow)
        for name in set(wide.get("required", [])) - set(narrow.get("required", [])):
            yield f"{place}.{name}: the field is {'required' if way == 'taken' else 'optional'} now"
        if wide.get("additionalProperties") is False and narrow.get("additionalProperties") is not False:
            yield f"{place}: other fields are not allowed now"
        self._open.append((id(old), id(new)))
        yield from self._parts(place, old, new, way)
        self._open.pop()

    def _parts(self, place: str, old: Json, new: Json, way: Literal["taken", "sent"]) -> Iterator[str]:
        for name, field in old.get("properties", {}).items():
            if name not in new.get("properties", {}):
                yield f"{place}.{name}: the field is gone"
            else:
                yield from self._schema(f"{place}.{name}", field, new["properties"][name], way)
        for inner in ("items", "additionalProperties"):
            if isinstance(old.get(inner), dict) and isinstance(new.get(inner), dict):
                yield from self._schema(f"{place}[]", old[inner], new[inner], way)


def _rules(place: str, wide: Json, narrow: Json) -> Iterator[str]:
    for rule in _LEAST:
        if wide.get(rule, float("-inf")) > narrow.get(rule, float("-inf")):
            yield f"{place}: {rule} is another"
    for rule in _MOST:
        if wide.get(rule, float("inf")) < narrow.get(rule, float("inf")):
            yield f"{place}: {rule} is another"
    for rule in ("pattern", "format", "const"):
        if rule in wide and wide[rule] != narrow.get(rule):
            yield f"{place}: {rule} is another"
    allowed = wide.get("enum")
    if allowed is not None and not set(narrow.get("enum", [object()])) <= set(allowed):
        yield f"{place}: the values are others"
