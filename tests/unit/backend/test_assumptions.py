import pytest

from backend.assumptions import ASPECT_CHANGE, refused_site


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.youtube.com/watch?v=1", "YouTube"),
        ("https://youtu.be/1", "YouTube"),
        ("http://M.YOUTUBE.COM./shorts/1", "YouTube"),
        ("https://open.spotify.com/track/1", "Spotify"),
        ("https://notyoutube.com/", None),
        ("https://youtube.com.example/", None),
        ("https://example.com/?u=youtube.com", None),
        ("https://[::1", None),
        ("youtube.com", None),
    ],
)
def test_sites_whose_addresses_the_backend_refuses(url: str, site: str | None) -> None:
    assert refused_site(url) == site


@pytest.mark.parametrize(
    ("instruction", "changes"),
    [
        ("Make it 9:16", True),
        ("change to 16 : 9 please", True),
        ("Turn it into a vertical video", True),
        ("as a square", True),
        ("改成竖屏", True),
        ("Change the aspect ratio", True),
        ("Start at 9:15", False),
        ("Add a square logo", False),
        ("Cut from 0:09:16 on", False),
        ("Make it shorter", False),
    ],
)
def test_edits_that_change_the_aspect_ratio(instruction: str, changes: bool) -> None:  # noqa: FBT001 - a table
    assert bool(ASPECT_CHANGE.search(instruction)) is changes
