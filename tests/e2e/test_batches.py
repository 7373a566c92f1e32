"""Batches on the deployed pipeline, in front of a scripted backend."""

import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, time

import httpx
import pytest
from openpyxl import Workbook

from infra.local.stack import ROOT
from tests.e2e.batches import FAILS, GENERATIONS_AT_ONCE, PICTURE, Batches, batches, memory_peaks
from tests.support import http
from tests.support.waiting import HUNG_SECONDS, awaited

pytestmark = pytest.mark.thorough

ROWS_AT_ONCE = 4
HEADER = "File;Instruction; Duration Seconds;edit_of\r\n"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Batches]:
    with batches(tmp_path_factory.mktemp("cloud"), rows_at_once=ROWS_AT_ONCE) as pipeline:
        yield pipeline


def _row(number: int) -> str:
    """Of each ten rows, one fails and three make no sense, each in its own way."""
    match number % 10:
        case 3:
            return f"{PICTURE};{FAILS}.;4;\r\n"
        case 5:
            return "nowhere.png;Make it shine.;4;\r\n"
        case 7:
            return f"{PICTURE};Make it long.;999;\r\n"
        case 9:
            return ";Make it shorter.;;vid-nobodys\r\n"
        case _:
            return f'{PICTURE};"Row {number},\r\nwith ""quotes"" and ü";4;\r\n'


EXPECTED = {3: "failed", 5: "rejected", 7: "rejected", 9: "rejected"}


def test_a_dropped_batch(many: Batches) -> None:
    rows = 30
    text = HEADER + "".join(map(_row, range(rows))) + ";;;\r\n\r\n"
    key = many.drop("spring/batch.csv", text.encode("cp1252"))
    results = awaited(lambda: many.results(key, ";"), "the results")

    statuses = [EXPECTED.get(number % 10, "ready") for number in range(rows)]
    assert [(row["row"], row["status"]) for row in results] == [
        (str(number + 2), status) for number, status in enumerate(statuses)
    ]
    for row in results:
        made = row["status"] in {"ready", "failed"}
        assert bool(row["id"]) is made
        assert bool(row["link"]) is (row["status"] == "ready")
        assert bool(row["reason"]) is (row["status"] != "ready")
    assert len({row["id"] for row in results if row["id"]}) == statuses.count("ready") + statuses.count(
        "failed"
    )
    assert results[5]["reason"].startswith("file: “nowhere.png” is neither a file beside the batch file")
    assert results[7]["reason"].startswith("duration_seconds: ")
    assert results[9]["reason"] == "edit_of: there is no video “vid-nobodys”, or it is not yours."
    assert http.get(results[0]["link"]).status_code == httpx.codes.OK

    assert many.backend.faults == []
    assert len(many.generations.messages) == statuses.count("ready") + statuses.count("failed")
    assert many.generations.most_at_once == GENERATIONS_AT_ONCE
    assert any('with "quotes" and ü' in message for message in many.generations.messages)


def test_no_function_held_more_memory_than_it_may(many: Batches) -> None:
    awaited(lambda: many.mailed() or None, "the mail")
    peaks = memory_peaks()
    assert {"SubmitRow", "ReadBatch", "WriteResults", "Finish", "Deliver"} <= {
        name.split("-")[-2].removesuffix("Function") for name in peaks
    }
    assert {name: peak for name, peak in peaks.items() if peak.held > peak.allowed} == {}


def test_one_summary_is_told_to_people_and_every_end_to_machines(many: Batches) -> None:
    (mail,) = awaited(lambda: many.mailed() or None, "the mail")
    assert "18 ready, 3 failed, 9 rejected" in mail
    assert "results.csv" in mail
    told = Counter(event["type"] for event in many.announced())
    assert told == {"video.ended": 21, "batch.ended": 1}
    rows = [event["batch"] for event in many.announced() if event["type"] == "video.ended"]
    assert len({json.dumps(row) for row in rows}) == 21
    (posted,) = awaited(lambda: many.posted() or None, "the Slack message")
    assert "spring/batch.csv" in posted


def test_the_event_of_a_batch_that_comes_again_makes_nothing_twice(many: Batches) -> None:
    before = len(many.generations.messages)
    s3, sqs = many.endpoints.access.client("s3"), many.endpoints.access.client("sqs")
    bucket = many.endpoints.inbox_bucket
    version = s3.head_object(Bucket=bucket, Key="inbox/spring/batch.csv")["VersionId"]
    written = s3.head_object(Bucket=bucket, Key="inbox/spring/results.csv")["VersionId"]
    event = json.loads((ROOT / "tests/events/sqs_s3_object_created.json").read_text())
    body = json.loads(event["Records"][0]["body"])
    body["Records"][0]["s3"]["bucket"]["name"] = bucket
    body["Records"][0]["s3"]["object"] |= {"key": "inbox/spring/batch.csv", "versionId": version}
    configuration = s3.get_bucket_notification_configuration(Bucket=bucket)
    name = configuration["QueueConfigurations"][0]["QueueArn"].rsplit(":", 1)[-1]
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], MessageBody=json.dumps(body))

    key = many.drop("after/batch.jsonl", b'{"file": "none.png"}\n')  # the queue is read in order
    awaited(lambda: many.results(key), "the results of what came after it")
    assert s3.head_object(Bucket=bucket, Key="inbox/spring/results.csv")["VersionId"] == written
    assert len(many.generations.messages) == before


def test_a_column_that_nobody_knows_refuses_the_batch_at_once(many: Batches) -> None:
    before = len(many.generations.messages)
    key = many.drop("typo/batch.csv", b"file,instrction\r\nfiles/kettle.png,Make it shine.\r\n")
    (row,) = awaited(lambda: many.results(key), "the results")
    assert (row["row"], row["status"]) == ("1", "rejected")
    assert "Did you mean “instruction”?" in row["reason"]
    assert len(many.generations.messages) == before


def test_an_empty_file_is_refused_and_told_of(many: Batches) -> None:
    key = many.drop("empty/batch.csv", b"")
    (row,) = awaited(lambda: many.results(key), "the results")
    assert "the file is empty" in row["reason"]


def test_over_http_with_an_edit_of_what_the_batch_made(many: Batches) -> None:
    api, headers = many.endpoints.api_url, {"x-api-key": many.endpoints.api_key, "Idempotency-Key": "b-1"}

    def post(rows: list[dict[str, object]], key: str) -> httpx.Response:
        return http.post(
            f"{api}/v1/batches",
            json={"rows": rows},
            headers=headers | {"Idempotency-Key": key},
            timeout=HUNG_SECONDS,
        )

    def ended(url: str) -> dict[str, object] | None:
        batch: dict[str, object] = http.get(url, headers=headers).json()
        return batch if batch["progress"] == 100 else None

    made = post([{"s3_key": PICTURE, "title": "One"}, {"titel": "Two"}], "b-1")
    assert made.status_code == httpx.codes.ACCEPTED
    assert post([{"s3_key": PICTURE, "title": "One"}, {"titel": "Two"}], "b-1").json() == made.json()
    url = made.headers["Location"]
    batch = awaited(lambda: ended(url), "the end of the batch")
    assert (batch["status"], batch["rows"], batch["counts"]) == ("failed", 2, {"ready": 1, "rejected": 1})
    link: str = batch["links"]["results"]  # type: ignore[index]
    said = http.get(link, follow_redirects=True).text.splitlines()
    head = http.head(link, follow_redirects=True)
    assert (head.status_code, head.headers["Content-Type"]) == (httpx.codes.OK, "text/csv; charset=utf-8")
    assert "Did you mean “title”?" in said[2]
    video_id = said[1].split(",")[1]

    again = post([{"edit_of": video_id, "instruction": "Make it shorter."}], "b-2")
    batch = awaited(lambda: ended(again.headers["Location"]), "the end of the edits")
    # The scripted backend changes nothing when it is asked to, and what changed nothing is a question.
    assert (batch["status"], batch["counts"]) == ("failed", {"needs_answer": 1})
    video = http.get(f"{api}/v1/videos/{video_id}", headers=headers).json()
    assert [version["status"] for version in video["versions"]] == ["ready", "needs_answer"]


def _workbook() -> bytes:
    """A list as somebody keeps it in Excel: below a gap, with a formula, an error, a time and a date."""
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append([])
    sheet.append(["File", "Instruction ", "Aspect Ratio", "Duration\nSeconds", "Title"])
    sheet.append([PICTURE, "Excel: make it shine", time(16, 9), "7,5", date(2026, 5, 4)])
    sheet.append([])
    sheet.append([PICTURE, "Excel: show it", "09:16", 4, 0.25])
    sheet["E5"].number_format = "0%"
    sheet.append([PICTURE, "=1+1", "1:1", 4])
    sheet.append([PICTURE, "#N/A", "1:1", 4])
    sheet["B7"].data_type = "e"
    sheet.append([PICTURE, "Excel: too long", "16:9", 999])
    body = io.BytesIO()
    workbook.save(body)
    return body.getvalue()


def test_a_workbook_of_excel(many: Batches) -> None:
    key = many.drop("excel/Batch.XLSX", _workbook())
    results = awaited(lambda: many.results(key), "the results")
    assert [(row["row"], row["status"]) for row in results] == [
        ("3", "ready"),
        ("5", "ready"),
        ("6", "rejected"),
        ("7", "rejected"),
        ("8", "rejected"),
    ]
    reasons = [row["reason"] for row in results[2:]]
    assert reasons[0].startswith("instruction: the result of its formula was not saved.")
    assert reasons[1] == "instruction: the cell shows the error #N/A. Correct it."
    assert reasons[2].startswith("duration_seconds: “999” is too large.")
    told = [message for message in many.generations.messages if "Excel: " in message]
    assert [("16:9" in message, "9:16" in message) for message in sorted(told)] == [
        (True, False),
        (False, True),
    ]
    titles = {http.get(row["link"]).text.partition("<title>")[2].partition("<")[0] for row in results[:2]}
    assert titles == {"2026-05-04", "25%"}
