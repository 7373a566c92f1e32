"""A mistake is described in the same words through every door, and never in the validator's."""

import re
from typing import Any

import pytest

from videos.requests.options import (
    FieldError,
    ManifestRequest,
    RequestOptions,
    RowRequest,
    VideoRequest,
    read_request,
)

VALIDATOR = re.compile(
    r"(String|Input|Value|List|Dictionary|Extra) (should|error|inputs)|pattern|valid (string|int)|pydantic"
)


def _said(kind: Any, **given: object) -> str:  # noqa: ANN401 - a kind of request
    with pytest.raises(FieldError) as caught:
        read_request(kind, given)
    return f"{caught.value.field}: {caught.value}"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"aspect_ratio": "16:10"}, "aspect_ratio: “16:10” is not allowed. Use 16:9, 9:16 or 1:1."),
        ({"aspect_ratio": "4:5"}, "aspect_ratio: “4:5” is not allowed. Use 16:9, 9:16 or 1:1."),
        ({"duration_seconds": 2}, "duration_seconds: “2” is too small. The minimum is 3."),
        ({"duration_seconds": 600}, "duration_seconds: “600” is too large. The maximum is 60."),
        ({"duration_seconds": "long"}, "duration_seconds: “long” is not a whole number."),
        ({"duration_seconds": 7.5}, "duration_seconds: “7.5” is not a whole number."),
        ({"instruction": ""}, "instruction: It is empty."),
        ({"instruction": "  "}, "instruction: “” cannot be used. Say what to make, in words."),
        ({"instruction": "x" * 5001}, "instruction: It has 5,001 characters. The limit is 5,000."),
        ({"instruction": 7}, "instruction: “7” is not text."),
        (
            {"language": "englisch"},
            "language: “englisch” cannot be used. Use a language code, such as “en” or “pt-BR”.",
        ),
        (
            {"title": 'a "b'},
            'title: “a "b” cannot be used. Leave out quotation marks and line breaks.',
        ),
        ({"callback_on_start": "perhaps"}, "callback_on_start: “perhaps” is not true or false."),
        ({"metadata": []}, "metadata: “[]” is not an object, such as {…}."),
        ({"titel": "x"}, "titel: There is no field “titel”. Did you mean “title”?"),
    ],
)
def test_a_mistake_names_the_field_the_value_and_what_to_do(given: dict[str, object], said: str) -> None:
    for kind in (RequestOptions, VideoRequest, RowRequest):
        assert _said(kind, **given).replace("  ", " ") == said


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (ManifestRequest, {}),
        (ManifestRequest, {"files": []}),
        (ManifestRequest, {"files": "a.png"}),
        (ManifestRequest, {"files": [7]}),
        (ManifestRequest, {"files": ["a"] * 11}),
        (ManifestRequest, {"files": ["a"], "mode": "both"}),
        (VideoRequest, {}),
        (VideoRequest, {"upload_ids": ["a"] * 11}),
        (VideoRequest, {"upload_ids": [None]}),
        (VideoRequest, {"s3_keys": {"a": 1}}),
        (VideoRequest, {"url": None, "s3_key": ""}),
        (VideoRequest, {"metadata": {"a": "x" * 2000}}),
        (RowRequest, {"edit_of": "vid-a", "file": "a.png"}),
    ],
)
def test_no_mistake_is_told_in_the_words_of_the_validator(kind: Any, given: dict[str, object]) -> None:  # noqa: ANN401
    said = _said(kind, **given)
    assert not VALIDATOR.search(said), said
    assert said.endswith((".", "?")), said
