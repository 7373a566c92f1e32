import csv
import io
import json

import pytest

from tests.support.builders import NOW, a_batch, a_version, a_video
from tests.support.memory import InboxStorage, MemoryBatches, MemoryInbox, MemoryStorage, MemoryStore
from tests.support.recorded import RecordedBatchWorkflow, RecordedTopic
from videos.batches.batch import NewBatch, accept_batch
from videos.batches.results import (
    EDIT_UNKNOWN,
    LOST_TRACK,
    NOT_CARRIED_OUT,
    Reading,
    announce_batch,
    read_batch,
    write_results,
)
from videos.batches.submit_row import row_key
from videos.events.announcements import BatchEnded
from videos.lifecycle.submit import ConflictingRequestError, video_id_for
from videos.model.batch import Layout, RowOutcome
from videos.model.media import InboxFile
from videos.model.records import BatchRow, Status
from videos.requests.ownership import prefix_of

KEY = "inbox/spring/batch.csv"
SECRET = "0123456789abcdef0123456789abcdef"
FILE = InboxFile(bucket="inbox", key=KEY, version_id="v1")
NEW = NewBatch(idempotency_key=f"s3://inbox/{KEY}?v1", owner="inbox", source="inbox", file=FILE)


class Accepted:
    """A batch that was accepted, and where its file and its results are."""

    def __init__(
        self, body: bytes | None, key: str = KEY, *, owner: str = "inbox", results: bytes | None = None
    ) -> None:
        self.batches, self.topic = MemoryBatches(), RecordedTopic()
        self.videos = MemoryStore()
        self.inbox = MemoryInbox({key: body} if body is not None else {})
        self.storage, self.results = MemoryStorage(), InboxStorage(self.inbox)
        if results is not None:
            self.inbox.bodies["inbox/spring/results.csv"] = results
        self.batch_id = "bat-1"
        self.batches.create(a_batch(owner=owner, file=FILE.model_copy(update={"key": key}), secret=SECRET))

    def read(self) -> Reading:
        return read_batch(
            "bat-1", batches=self.batches, inbox=self.inbox, storage=self.storage, rows_at_once=7
        )

    def written(self) -> str:
        """The results, as they are written."""
        # One memory for what the bucket of videos and the inbox keep.
        self.inbox.bodies |= self.storage.bodies
        write_results(
            "bat-1",
            batches=self.batches,
            videos=self.videos,
            inbox=self.inbox,
            rows_bucket="videos",
            results=self.results,
            now=NOW,
        )
        (written,) = self.results.bodies.values()
        return written.decode()

    def written_at(self) -> str:
        """The key of the results."""
        self.written()
        (key,) = self.results.bodies
        return key

    def complete(self, *outcomes: RowOutcome) -> None:
        for outcome in outcomes:
            self.batches.complete("bat-1", outcome, expires_at=NOW)

    def announced(self, *, has_home_page: bool = True) -> BatchEnded:
        announce_batch(
            "bat-1",
            batches=self.batches,
            topic=self.topic,
            public_url="https://videos.example/",
            has_home_page=has_home_page,
        )
        (announcement,) = self.topic.published
        assert isinstance(announcement, BatchEnded)
        return announcement


THREE = b"file;title\na.png;One\n\nb.png;Two\nc.png;Three\n"


def test_a_file_becomes_rows_in_the_form_that_the_workflow_reads() -> None:
    case = Accepted("file;title\na.png;Grün\u2028\n".encode("utf-8-sig"))
    folder = f"batches/bat-1/{SECRET}"
    assert case.read() == Reading(
        batch_id="bat-1", rows=1, rows_at_once=7, bucket="shelf", folder=folder, key=f"{folder}/rows.jsonl"
    )
    stored = case.storage.bodies[f"{folder}/rows.jsonl"]
    assert stored.isascii()
    assert [json.loads(line) for line in stored.splitlines()] == [
        {"row": 2, "given": {"file": "a.png", "title": "Grün"}}
    ]
    assert case.batches.batch("bat-1").layout == Layout(rows=1, delimiter=";")


@pytest.mark.parametrize("letter", ["x", "\U0001f600", "\u0001"])
def test_a_row_that_is_too_large_for_the_workflow_stops_no_other(letter: str) -> None:
    """Step Functions passes 256 KiB; a character may take twelve bytes of its JSON."""
    large = json.dumps({"instruction": letter * 90_000}, ensure_ascii=False).replace("\u0001", "\\u0001")[
        :99_000
    ]
    case = Accepted(f'{large}\n{{"file": "a.png"}}\n'.encode(), "inbox/spring/batch.jsonl")
    assert case.read().rows == 2
    rows = case.storage.bodies[f"batches/bat-1/{SECRET}/rows.jsonl"].splitlines()
    assert max(map(len, rows)) < 256 * 1024 - 5000
    assert json.loads(rows[1]) == {"row": 2, "given": {"file": "a.png"}}
    assert "fault" in json.loads(rows[0]) or letter == "x"


@pytest.mark.parametrize("letter", ["x", "\U0001f600"])
def test_a_name_of_a_column_is_not_told_at_length(letter: str) -> None:
    """The reason is stored and announced: DynamoDB takes 400 KB, SNS 256."""
    case = Accepted((letter * 99_000 + "\na.png\n").encode())
    case.read()
    refused = case.batches.batch("bat-1").refused
    assert refused is not None
    assert "There is no field" in refused.reason
    assert len(refused.reason) < 1000


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the file is empty"),
        (b"file\n", "there are no rows in the file."),
        (b"\x81\x8d", "the file is not text"),
        (b"fiel\na.png\n", "Did you mean “file”?"),
    ],
)
def test_a_file_without_rows_is_refused_and_told_of_like_any_other(body: bytes, words: str) -> None:
    case = Accepted(body)
    assert case.read().rows == 0
    header, line = case.written().splitlines()
    assert header == "\ufeffrow,id,status,link,reason,outbox"
    assert line.startswith("1,,rejected,,")
    assert words in line.replace('""', '"')
    told = case.announced()
    assert (told.status, told.counts, told.rejected) == (Status.FAILED, {}, 1)
    assert told.message.startswith("The batch was refused: ")
    assert words in told.message


@pytest.mark.parametrize(("body", "word"), [(None, "deleted"), (b"file\na.png\n", "replaced")])
def test_a_batch_that_was_overwritten_or_deleted_before_it_was_read_ends_without_a_word(
    body: bytes | None, word: str
) -> None:
    case = Accepted(body)
    case.inbox.version_id = "v2"
    assert case.read().rows == 0
    assert f"was {word} before work on it began" in case.written()
    batch = case.batches.batch("bat-1")
    assert batch.ended is not None
    assert batch.ended.status is Status.SUPERSEDED
    assert batch.ended.results.key.startswith("batches/"), "the newer batch has its results beside the file"
    announce_batch(
        "bat-1",
        batches=case.batches,
        topic=case.topic,
        public_url="https://videos.example/",
        has_home_page=True,
    )
    assert case.topic.published == []


def test_the_results_have_a_line_for_each_row_in_its_order() -> None:
    case = Accepted(THREE)
    case.read()
    case.complete(
        RowOutcome(row=5, status="rejected", column="title", reason="It is too long; shorten it."),
        RowOutcome(
            row=2,
            status=Status.READY,
            video_id="vid-1",
            link="https://v.example/watch/vid-1",
            outbox="outbox/spring/row-2-a.png.mp4",
        ),
    )
    assert case.written() == (
        "\ufeffrow;id;status;link;reason;outbox\r\n"
        "2;vid-1;ready;https://v.example/watch/vid-1;;outbox/spring/row-2-a.png.mp4\r\n"
        f"4;;failed;;{NOT_CARRIED_OUT};\r\n"
        '5;;rejected;;"title: It is too long; shorten it.";\r\n'
    )
    told = case.announced()
    assert (told.id, told.owner, told.name) == ("bat-1-ended", "inbox", "spring/batch.csv")
    assert (told.counts, told.rejected) == ({Status.READY: 1, Status.FAILED: 1}, 1)
    assert (told.status, told.message) == (Status.FAILED, "All 3 rows have ended.")
    assert told.results == "https://videos.example/v1/batches/bat-1"
    assert told.results_file == "results.csv"
    assert "s3://" not in told.model_dump_json()


def test_nobody_is_asked_to_submit_a_row_again_whose_video_was_started() -> None:
    lines = [f'{{"file": "{number}.png"}}' for number in range(250)]
    lines[200] = '{"edit_of": "vid-1", "instruction": "Shorter."}'
    case = Accepted("\n".join(lines).encode(), "inbox/spring/batch.jsonl")
    case.read()
    rows = {number: BatchRow(batch_id="bat-1", row=number) for number in (3, 150, 250)}
    started = {number: video_id_for(row_key(row)) for number, row in rows.items()}
    for video_id in started.values():
        video = a_video().model_copy(update={"video_id": video_id})
        case.videos.create(video, a_version(video_id=video_id))
    case.complete(RowOutcome(row=150, status=Status.READY, video_id=started[150], link="https://v.example"))
    read = list(csv.DictReader(io.StringIO(case.written())))
    by_row = {int(line["row"]): line for line in read}
    assert list(by_row) == list(range(1, 251))
    for number in (3, 250):
        assert by_row[number]["id"] == started[number]
        assert by_row[number]["reason"] == LOST_TRACK
    assert by_row[150]["status"] == "ready"
    assert by_row[201]["reason"] == EDIT_UNKNOWN
    rest = [line for number, line in by_row.items() if number not in {3, 150, 201, 250}]
    assert {(line["id"], line["reason"]) for line in rest} == {("", NOT_CARRIED_OUT)}


def test_a_batch_is_ready_when_every_row_is() -> None:
    case = Accepted(b'{"file": "a.png"}\n', "inbox/spring/batch.jsonl")
    case.read()
    case.complete(RowOutcome(row=1, status=Status.READY, video_id="vid-1", link="https://v.example"))
    assert case.written() == "row,id,status,link,reason,outbox\r\n1,vid-1,ready,https://v.example,,\r\n"
    assert case.announced().status is Status.READY


WIDE = "\uff1d", "\uff0b", "\uff0d", "\uff20"  # the full-width signs


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", *WIDE])
@pytest.mark.parametrize(
    "before", ["", "\t", "\r", "\n", "\r\n", " ", "\u3000", "\ufeff", "\u200b", "\x0b", "\x00"]
)
def test_no_cell_is_a_formula(before: str, sign: str) -> None:
    cell = f"{before}{sign}SUM(A1)"
    case = Accepted(b"file\na.png\n")
    case.read()
    case.complete(RowOutcome(row=2, status=Status.FAILED, reason=cell))
    assert f"'{cell}" in case.written()


OWN_NAME = "inbox/spring/results-bat-1.csv"
OF_A_TABLE, OF_ROWS = b"\xef\xbb\xbfrow;id;status;link;reason\r\n", b"row,id,status,link,reason\r\n"


@pytest.mark.parametrize(
    ("key", "there", "written"),
    [
        (KEY, None, "inbox/spring/results.csv"),
        (KEY, b"", "inbox/spring/results.csv"),
        (KEY, OF_A_TABLE, "inbox/spring/results.csv"),
        (KEY, b"match;goals\r\n", OWN_NAME),
        (KEY, OF_ROWS, OWN_NAME),
        ("inbox/spring/batch.jsonl", OF_ROWS, "inbox/spring/results.csv"),
        ("inbox/spring/batch.jsonl", OF_A_TABLE, OWN_NAME),
        ("inbox/spring/Batch.CSV", None, "inbox/spring/results.csv"),
        ("inbox/spring/list.csv", None, OWN_NAME),
        ("inbox/spring/list.csv", OF_A_TABLE, OWN_NAME),
    ],
)
def test_results_replace_those_of_the_same_batch_and_nothing_else(
    key: str, there: bytes | None, written: str
) -> None:
    case = Accepted(b"", key, results=there)
    assert case.written_at() == written
    results = case.batches.batch("bat-1").ended
    assert results is not None
    assert results.results.key == written


@pytest.mark.parametrize(
    ("owner", "key", "folder"),
    [
        ("ann", KEY, f"batches/bat-1/{SECRET}"),
        ("ann", f"{prefix_of('bob', 'upl-1')}list.csv", f"batches/bat-1/{SECRET}"),
        ("ann", f"{prefix_of('ann', 'upl-1')}list.csv", prefix_of("ann", "upl-1").rstrip("/")),
        ("ann", f"batches/bat-1/{SECRET}/batch.jsonl", f"batches/bat-1/{SECRET}"),
        ("ann", "batches/0123456789abcdef/bat-1/batch.jsonl", f"batches/bat-1/{SECRET}"),
    ],
)
def test_results_are_written_where_only_the_batch_of_their_owner_writes(
    owner: str, key: str, folder: str
) -> None:
    case = Accepted(b"", key, owner=owner, results=b"of somebody else")
    assert case.written_at() == f"{folder}/results.csv"
    assert case.inbox.bodies["inbox/spring/results.csv"] == b"of somebody else"


def test_a_file_that_could_not_be_read_for_a_fault_of_ours_says_so() -> None:
    case = Accepted(THREE)
    assert '1,,failed,,"The file could not be read' in case.written()
    assert case.announced().status is Status.FAILED


def test_the_same_file_is_one_batch_and_its_workflow_is_started_whatever_crashed() -> None:
    batches, workflow = MemoryBatches(), RecordedBatchWorkflow()
    made = [accept_batch(NEW, store=batches, workflow=workflow, keep_days=30, now=NOW) for _ in range(2)]
    assert made[0] == made[1]
    assert workflow.started == [made[0].batch_id]
    assert (made[0].expires_at - NOW).days == 30


def test_a_batch_that_is_somebody_elses_is_not_started_again() -> None:
    batches, workflow = MemoryBatches(), RecordedBatchWorkflow()
    accept_batch(NEW, store=batches, workflow=workflow, keep_days=30)
    other = NewBatch(idempotency_key=NEW.idempotency_key, owner="bob", source="api", file=FILE)
    with pytest.raises(ConflictingRequestError):
        accept_batch(other, store=batches, workflow=workflow, keep_days=30)


@pytest.mark.parametrize(
    ("instructions", "language"),
    [
        (["Mach ein Video mit Musik.", "Zeige unser Produkt.", "Make it short with music."], "de"),
        (["Fais une vidéo avec un titre."], "fr"),
        (["kettle", ""], "en"),
    ],
)
def test_people_are_told_in_the_language_of_most_rows(instructions: list[str], language: str) -> None:
    rows = "".join(
        json.dumps({"instruction": one, "url": "https://example.com"}) + "\n" for one in instructions
    )
    case = Accepted(rows.encode(), "inbox/spring/batch.jsonl")
    case.read()
    case.written()
    assert case.announced().language == language


@pytest.mark.parametrize(
    ("has_home_page", "page"), [(True, "https://videos.example/#batch=bat-1"), (False, None)]
)
def test_people_are_led_to_the_page_of_the_batch_if_there_is_one(
    *, has_home_page: bool, page: str | None
) -> None:
    case = Accepted(THREE)
    case.read()
    case.written()
    told = case.announced(has_home_page=has_home_page)
    assert (told.page_url, told.is_read) == (page, True)


def test_a_batch_without_readable_rows_says_so() -> None:
    case = Accepted(b"")
    case.read()
    case.written()
    assert not case.announced().is_read
