"""What the API tells of a video and of its end, its links included, on the deployed template."""

import html
import json
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from tests.e2e.conftest import Pipeline
from tests.support import http
from tests.support.waiting import awaited

pytestmark = pytest.mark.thorough

FILES = ("video", "download", "poster")


@pytest.fixture(scope="module")
def video(pipeline: Pipeline, page: bytes) -> dict[str, Any]:
    """A finished video of a drop."""
    return pipeline.ended(pipeline.drop("inbox/answers/page.png", page, "Make a 3 second video"))


def test_it_tells_where_a_video_came_from_how_long_and_how_large(video: dict[str, Any]) -> None:
    assert (video["source"], video["media"]) == ("inbox/answers/page.png", ["inbox/answers/page.png"])
    assert (video["status"], video["code"]) == ("ready", None)
    assert video["duration_seconds"] == pytest.approx(3, abs=0.2)
    assert video["size_bytes"] == len(http.get(video["links"]["video"], follow_redirects=True).content)
    assert video["agent_says"]


def test_every_link_to_a_file_answers_head_as_it_answers_get(
    pipeline: Pipeline, video: dict[str, Any]
) -> None:
    (listed,) = pipeline.call("GET", "/v1/videos?s3_key=inbox/answers/page.png").json()["videos"]
    assert {name: listed["links"][name] for name in FILES} == {name: video["links"][name] for name in FILES}
    page = http.get(video["links"]["watch"])
    on_page = [
        urljoin(video["links"]["watch"], html.unescape(page.text.split(f'{name}="')[1].split('"')[0]))
        for name in (" src", " poster", '"button" href')
    ]
    assert http.head(video["links"]["watch"]).status_code == httpx.codes.OK
    for link in (*(video["links"][name] for name in FILES), *on_page):
        got, head = (ask(link, follow_redirects=True) for ask in (http.get, http.head))
        assert (got.status_code, head.status_code) == (httpx.codes.OK, httpx.codes.OK), link
        assert head.headers["Content-Length"] == str(len(got.content))


def test_an_estimate_may_name_an_object_of_the_inbox(pipeline: Pipeline, video: dict[str, Any]) -> None:
    told = pipeline.call("POST", "/v1/videos/estimate", json={"s3_key": video["source"]})
    assert (told.status_code, told.json()["allowed"]) == (httpx.codes.OK, True)


def test_a_failed_video_has_a_code(pipeline: Pipeline) -> None:
    failed = pipeline.ended(pipeline.drop("inbox/answers/empty.png", b"", "Make a 3 second video"))
    assert (failed["code"], failed["versions"][0]["code"]) == ("empty_file", "empty_file")
    listed = pipeline.call("GET", "/v1/videos?status=failed").json()["videos"]
    assert {video["id"]: video["code"] for video in listed}[failed["id"]] == "empty_file"


@pytest.mark.parametrize(("others", "missing"), [(8, ()), (9, ("video-status",))])
def test_a_tag_that_does_not_fit_stands_in_the_history(
    pipeline: Pipeline, others: int, missing: tuple[str, ...]
) -> None:
    s3, bucket = pipeline.endpoints.access.client("s3"), pipeline.endpoints.inbox_bucket
    key = f"inbox/answers/tagged-{others}.png"
    own = {f"k{number}": "v" for number in range(others)}
    tagging = "&".join(f"{name}={value}" for name, value in own.items())
    s3.put_object(Bucket=bucket, Key=key, Body=b"", Metadata={"instruction": "x"}, Tagging=tagging)

    def ended() -> dict[str, Any] | None:
        found = pipeline.call("GET", f"/v1/videos?s3_key={key}").json()["videos"]
        return found[0] if found and found[0]["status"] == "failed" else None

    video = pipeline.call("GET", f"/v1/videos/{awaited(ended, key)['id']}").json()
    told = [line["message"] for line in video["history"] if "did not get the tag" in line["message"]]
    assert [name for name in missing if name not in "".join(told)] == []
    assert len(told) == len(missing)
    tags = {tag["Key"] for tag in s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]}
    assert tags == own.keys() | ({"video-id", "video-status"} - set(missing))


def test_the_link_of_a_deleted_video_says_so_and_its_request_makes_no_other(
    pipeline: Pipeline, page: bytes
) -> None:
    ticket = pipeline.call("POST", "/v1/uploads", json={"file_name": "page.png"}).json()
    sent = http.post(ticket["url"], data=ticket["fields"], files={"file": ("x", page, "image/png")})
    assert sent.status_code == httpx.codes.NO_CONTENT, sent.text
    body = {"upload_ids": [ticket["upload_id"]], "instruction": "Make a 3 second video"}
    asked: dict[str, Any] = {
        "content": "\ufeff" + json.dumps(body),
        "headers": {"Idempotency-Key": "to be deleted", "Content-Type": "application/json"},
    }
    made = pipeline.call("POST", "/v1/videos", **asked)
    assert made.status_code == httpx.codes.ACCEPTED, made.text
    video = pipeline.ended(made.json()["id"])
    path = f"/v1/videos/{video['id']}"
    deleted = awaited(
        lambda: pipeline.call("DELETE", path).status_code == httpx.codes.NO_CONTENT or None, "its deletion"
    )
    assert deleted

    for ask in (http.get, http.head):
        for name in ("watch", *FILES):
            assert ask(video["links"][name]).status_code == httpx.codes.GONE, name
    watch = video["links"]["watch"]
    assert "This video was deleted" in http.get(watch).text
    forged = watch[:-1] + ("0" if watch[-1] != "0" else "1")
    assert http.get(forged).status_code == httpx.codes.FORBIDDEN
    again = pipeline.call("POST", "/v1/videos", **asked)
    assert again.status_code == httpx.codes.GONE
    assert again.json()["type"].endswith(":deleted")
    assert pipeline.call("GET", path).status_code == httpx.codes.NOT_FOUND
