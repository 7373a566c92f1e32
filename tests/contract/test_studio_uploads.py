"""What the studio takes and refuses, beyond what the document says."""

import re
import zlib
from typing import TYPE_CHECKING

import pytest

from tests.contract.samples import png

if TYPE_CHECKING:
    from tests.contract.wire import Project


class TestFiles:
    def test_a_file_is_described_and_can_be_read_again(self, project: "Project") -> None:
        content = png()
        answer = project.upload("größe 2 & mehr.png", content)
        (file,) = answer["data"]["files"]
        assert (file["filename"], file["file_type"]) == ("größe 2 & mehr.png", "image")
        assert (file["width"], file["height"]) == (640, 360)
        assert project.http.get(file["cdn_url"]).content == content
        assert project.state()["video_infos"] == [file]

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("notes.txt", b"just some words"),
            ("fake.png", b"just some words"),
            ("page.png", b"<html><title>x</title></html>"),
            ("playlist.mp4", b"#EXTM3U\nhttp://127.0.0.1/secret\n"),
            ("broken.png", png()[:200]),
            ("broken.mp4", b"\0\0\0\x20ftypisom" + bytes(64)),
            ("empty.jpg", b""),
            ("vector.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
            ("photo.heic", b"\0\0\0\x20ftypheic" + bytes(64)),
        ],
    )
    def test_the_content_decides_what_is_accepted(
        self, project: "Project", name: str, content: bytes
    ) -> None:
        answer = project.upload(name, content)
        assert answer["code"] == 4001
        assert re.search("mp4, mov|Upload it again", answer["message"])
        assert project.state()["video_infos"] == []

    def test_a_picture_of_too_many_pixels_is_refused_unseen(self, project: "Project") -> None:
        bomb = bytearray(png(16, 16))
        bomb[16:24] = (30_000).to_bytes(4) * 2
        bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4)
        answer = project.upload("bomb.png", bytes(bomb))
        assert answer["code"] == 4001
        assert "30000x30000 pixels are too many" in answer["message"]

    def test_an_upload_without_file_is_told(self, project: "Project") -> None:
        answer = project.http.post(
            project.upload_path, files={"other": ("a.png", png())}, headers=project.headers
        )
        assert answer.json()["code"] == 400
        assert "files" in answer.json()["message"]

    def test_of_several_files_all_are_taken_or_none(self, project: "Project") -> None:
        files = [("files", ("a.png", png())), ("files", ("b.png", b"words"))]
        refused = project.http.post(project.upload_path, files=files, headers=project.headers).json()
        assert refused["code"] == 4001
        assert project.state()["video_infos"] == []


class TestUrls:
    def test_a_media_file_is_taken_as_it_is(self, project: "Project", site: str) -> None:
        (file,) = project.upload_url(f"{site}/cover.png")["data"]["files"]
        assert (file["filename"], file["width"]) == ("cover.png", 800)

    def test_a_page_becomes_a_video_of_what_it_says(self, project: "Project", site: str) -> None:
        assert project.upload_url(f"{site}/index.html")["code"] == 0
        project.say("make a vertical 6s video")
        draft = project.settled_draft()
        texts = [segment["m"]["text"] for track in draft["t"] if track["tt"] == 7 for segment in track["sg"]]
        assert any("Northwind Coffee" in text for text in texts)
        assert any(segment["m"]["src"] for segment in draft["t"][0]["sg"])

    @pytest.mark.parametrize("path", ["missing.png", "data.json"])
    def test_an_address_without_media_is_told(self, project: "Project", site: str, path: str) -> None:
        answer = project.upload_url(f"{site}/{path}")
        assert answer["code"] == 4001
        assert path in answer["message"]

    def test_redirects_are_followed(self, project: "Project", site: str) -> None:
        assert project.upload_url(f"{site}/to/{site}/cover.png")["code"] == 0

    @pytest.mark.parametrize(
        "url",
        [
            "file:///etc/hostname",
            "http://127.0.0.1:1/x.png",
            "http://localhost:8080/x.png",
            "http://0x7f000001:8080/",
            "http://[::1]:8080/",
            "http://[::ffff:127.0.0.1]:8080/",
            "http://169.254.169.254/latest/meta-data/",
            "http://10.0.0.1/",
            "http://2130706433/",
            "gopher://127.0.0.1/",
            "http://nowhere.invalid/",
            "http://",
            "nonsense",
        ],
    )
    @pytest.mark.parametrize("way", ["", "{site}/to/"])
    def test_an_address_that_may_not_be_read_is_refused_wherever_it_is_named(
        self, project: "Project", site: str, way: str, url: str
    ) -> None:
        answer = project.upload_url(way.format(site=site) + url)
        assert answer["code"] == 4001
        assert re.search(
            r"cannot be read|not on the public internet|no host|Port 1 is|name that is not valid",
            answer["message"],
        )
        assert project.state()["video_infos"] == []

    def test_of_several_addresses_all_are_taken_or_none(self, project: "Project", site: str) -> None:
        assert project.upload_url(f"{site}/cover.png", f"{site}/missing.png")["code"] == 4001
        assert project.state()["video_infos"] == []
