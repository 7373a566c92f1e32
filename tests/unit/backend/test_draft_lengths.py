"""How long a video may last that a draft describes, and which files its segments are made of."""

import pytest

from backend.draft import describe_changes, length_range, track_summary, with_addresses

Segment = dict[str, object]


def _draft(*tracks: tuple[int, list[Segment]], **fields: object) -> dict[str, object]:
    return {"t": [{"tt": kind, "sg": segments} for kind, segments in tracks], **fields}


@pytest.mark.parametrize(
    ("draft", "allowed"),
    [
        pytest.param(_draft((0, [{"s": 0, "d": 8000}])), (8000, 8000), id="one clip"),
        pytest.param(_draft((0, [{"d": 8000}])), (8000, 8000), id="one clip without a start"),
        pytest.param(
            _draft((0, [{"s": 0, "d": 8000}]), (1, [{"s": 0, "d": 12000}])),
            (8000, 12000),
            id="music longer than the picture",
        ),
        pytest.param(_draft((0, [{"s": 0, "d": 8000}]), d=10000), (8000, 10000), id="d is longer"),
        pytest.param(
            _draft((0, [{"s": 0, "d": 5000}, {"s": 4000, "d": 5000}])), (9000, 10000), id="clips overlap"
        ),
        pytest.param(
            _draft((0, [{"s": 0, "d": 5000, "transition": "fade"}, {"s": 5000, "d": 4000}])),
            (7000, 9000),
            id="clips are faded into each other",
        ),
        pytest.param(_draft((0, [{"s": 0, "d": 3000}, {"s": 6000, "d": 3000}])), (6000, 9000), id="a gap"),
        pytest.param(_draft((1, [{"s": 0, "d": 8000}])), (8000, 8000), id="music alone"),
        pytest.param(_draft((0, [{"s": 0}])), None, id="d is missing"),
        pytest.param(_draft((0, [{"d": 5000}, {"d": 5000}])), None, id="places that follow from others"),
        pytest.param(_draft((0, [{"s": 0, "d": 8000, "speed": 2}])), None, id="another speed"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_the_lengths_that_a_draft_allows(draft: dict[str, object], allowed: tuple[int, int] | None) -> None:
    assert length_range(draft) == allowed


FILES = [
    {"s3_key": "u1/a.mp4", "cdn_url": "https://cdn/a"},
    {"s3_key": "u1/b.mp4", "cdn_url": "https://cdn/b"},
    {"s3_key": "u2/b.mp4", "cdn_url": "https://cdn/other-b"},
    {"cdn_url": "https://cdn/no-key"},
]


@pytest.mark.parametrize(
    ("src", "replaced", "missing"),
    [
        ("/mnt/userdata/u1/a.mp4", "https://cdn/a", 0),
        ("/mnt/userdata/a.mp4", "https://cdn/a", 0),
        ("/mnt/userdata/project/u1/a.mp4", "https://cdn/a", 0),
        ("/mnt/userdata/u1/b.mp4", "https://cdn/b", 0),
        ("/mnt/userdata/b.mp4", "/mnt/userdata/b.mp4", 1),
        ("/mnt/userdata/none.mp4", "/mnt/userdata/none.mp4", 1),
        ("https://elsewhere/a.mp4", "https://elsewhere/a.mp4", 0),
    ],
)
def test_sources_on_the_backends_disk_get_their_address(src: str, replaced: str, missing: int) -> None:
    def draft(source: str) -> dict[str, object]:
        clip = {"d": 1.0, "m": {"src": source, "text": "/mnt/userdata/u1/a.mp4"}}
        return {"t": [{"tt": 0, "sg": [clip, {"src": source}]}], "odd": None}

    assert with_addresses(draft(src), FILES) == (draft(replaced), 2 * missing)


def test_a_draft_of_any_size_is_summed_up_in_a_few_lines() -> None:
    many = _draft(*((0, [{"s": n, "d": 1, "m": {"name": "x" * 5000}}]) for n in range(3000)))
    assert len(track_summary(many)) < 10_000
    assert describe_changes({}, many) == ["Segments: 0 -> 3000"]
    some = _draft((0, [{"s": n, "d": 1, "m": {"name": str(n)}} for n in range(200)]))
    assert len(describe_changes({}, some)) == 51
