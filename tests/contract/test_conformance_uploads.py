"""What the document says of uploads; one test for each of its sentences."""

import http.client
import json

import pytest

from tests.contract.samples import png
from tests.contract.services import Service
from tests.contract.wire import address_of, uploaded_files


def test_a_file_goes_in_the_multipart_field_files(service: Service) -> None:
    project = service.project()
    answer = project.upload("harbour.png", png())
    assert answer["code"] == 0
    (file,) = uploaded_files(answer)
    assert address_of(file)


def test_what_was_uploaded_stands_in_the_state(service: Service) -> None:
    project = service.project()
    assert project.state()["video_infos"] == []
    project.upload("harbour.png", png())
    assert len(project.state()["video_infos"]) == 1


def test_a_url_goes_in_urls(service: Service, site: str) -> None:
    project = service.project()
    if service.is_real:
        pytest.skip("The site of this test stands on loopback, where the real service cannot read it.")
    (file,) = uploaded_files(project.upload_url(f"{site}/cover.png"))
    assert address_of(file)
    assert len(project.state()["video_infos"]) == 1


def test_4001_an_unsupported_file(service: Service) -> None:
    answer = service.project().upload("notes.txt", b"just some words")
    assert answer["code"] == 4001
    assert answer["message"]


def test_4002_a_file_of_more_than_500_mb(service: Service) -> None:
    project = service.project()
    if service.is_real:
        pytest.skip("It announces 600 MB and sends nothing, which a real service may wait for.")
    connection = http.client.HTTPConnection(project.http.base_url.host, project.http.base_url.port)
    connection.putrequest("POST", project.upload_path)
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": "600000000"}
    for name, value in (project.headers | headers).items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = json.load(connection.getresponse())
    connection.close()
    assert answer["code"] == 4002
    assert answer["message"]


def test_1002_an_unknown_session(service: Service) -> None:
    project = service.project()
    project.session = {"session_id": "1234567890123456789"}
    assert project.upload("harbour.png", png())["code"] == 1002
