"""What becomes of a drop: a video, a wait, or nothing for a reason."""

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from tests.support.builders import NOW
from tests.support.memory import MemoryBatches, MemoryInbox, MemoryStore
from tests.support.recorded import RecordedBatchWorkflow, RecordedTags, RecordedWorkflow
from videos.inbox.drop import Accepted, AcceptedBatch, DropKind, Ignored, Taken, Waiting, kind_of
from videos.inbox.intake import Intake
from videos.model.media import Drop, InboxFile, WebAddress
from videos.model.ports import Unmarked
from videos.model.records import Problem, Status, VersionRef
from videos.model.version import Ended, Version
from videos.model.video import Options, Video, Webhook
from videos.requests.sequence import media_of

PATIENCE = timedelta(minutes=1)
PNG = "inbox/shop/kettles/photo.png"


@dataclass
class Desk:
    """An intake and all that it works with."""

    store: MemoryStore = field(default_factory=MemoryStore)
    inbox: MemoryInbox = field(default_factory=MemoryInbox)
    workflow: RecordedWorkflow = field(default_factory=RecordedWorkflow)
    tags: RecordedTags = field(default_factory=RecordedTags)
    batches: MemoryBatches = field(default_factory=MemoryBatches)
    batch_workflow: RecordedBatchWorkflow = field(default_factory=RecordedBatchWorkflow)
    patience: timedelta = PATIENCE

    def put(self, key: str, body: bytes | str | dict[str, object] = b"1") -> None:
        text = json.dumps(body) if isinstance(body, dict) else body
        self.inbox.bodies[key] = text.encode() if isinstance(text, str) else text

    def take(self, key: str, *, age: timedelta = timedelta(), version: str | None = "v1") -> Taken:
        intake = Intake(
            store=self.store,
            inbox=self.inbox,
            workflow=self.workflow,
            tags=self.tags,
            batches=self.batches,
            batch_workflow=self.batch_workflow,
            default_instruction="The default.",
            keep_days=30,
            patience=self.patience,
            batch_patience=timedelta(hours=1),
        )
        file = InboxFile(bucket="the-inbox", key=key, version_id=version)
        return intake.take(Drop(file=file, at=NOW, sequencer="s1"), now=NOW + age)

    def accepted(self, key: str, *, age: timedelta = timedelta()) -> Video:
        taken = self.take(key, age=age)
        assert isinstance(taken, Accepted), taken
        return taken.video

    def first_version(self, video: Video) -> Version:
        return self.store.version(VersionRef(video_id=video.video_id, version=1))

    def problem(self, key: str, *, age: timedelta = timedelta()) -> Problem:
        problem = self.first_version(self.accepted(key, age=age)).problem
        assert problem is not None
        return problem


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.put(PNG)
    return desk


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("inbox/photo.png", DropKind.MEDIA),
        ("inbox/README", DropKind.MEDIA),
        ("inbox/a/Angebot.URL", DropKind.LINK),
        ("inbox/a/Kettle.webloc", DropKind.LINK),
        ("inbox/kettle.desktop", DropKind.LINK),
        ("inbox/kettle.txt", DropKind.LINK),
        ("inbox/photo.png.txt", DropKind.SIDECAR),
        ("inbox/PHOTO.PNG.JSON", DropKind.SIDECAR),
        ("inbox/kettle.url.json", DropKind.SIDECAR),
        ("inbox/shop.txt.json", DropKind.SIDECAR),
        ("inbox/photo.png.edit.txt", DropKind.EDIT),
        ("inbox/a/job.json", DropKind.MANIFEST),
        ("inbox/a/_defaults.json", DropKind.DEFAULTS),
        ("inbox/a/batch.csv", DropKind.BATCH),
        ("inbox/a/batch.jsonl", DropKind.BATCH),
        ("inbox/a/", DropKind.NOTHING),
        ("inbox/.DS_Store", DropKind.NOTHING),
        ("inbox/._photo.png", DropKind.NOTHING),
        ("inbox/Thumbs.db", DropKind.NOTHING),
        ("inbox/desktop.ini", DropKind.NOTHING),
        ("inbox/~$offer.docx", DropKind.NOTHING),
    ],
)
def test_a_key_says_what_was_dropped(key: str, kind: DropKind) -> None:
    assert kind_of(key) is kind


@pytest.mark.parametrize("key", ["inbox/a/", "inbox/.DS_Store", f"{PNG}.txt", "inbox/a/_defaults.json"])
def test_what_is_no_input_starts_nothing_and_says_why(desk: Desk, key: str) -> None:
    desk.put(key)
    taken = desk.take(key)
    assert isinstance(taken, Ignored)
    assert taken.reason
    assert desk.workflow.started == []


def test_a_file_that_says_what_to_do_is_a_video_at_once(desk: Desk) -> None:
    desk.inbox.instruction = "Add music."
    video = desk.accepted(PNG)
    assert (video.instruction, video.owner, video.source) == ("Add music.", "inbox", "inbox")
    assert video.media == (InboxFile(bucket="the-inbox", key=PNG, version_id="v1"),)
    assert desk.tags.by_key[PNG] == {"video-id": video.video_id, "video-status": "queued"}


def test_the_same_drop_is_the_same_video_whatever_lies_beside_it_by_then(desk: Desk) -> None:
    desk.put(f"{PNG}.txt", "Once.")
    first = desk.accepted(PNG)
    desk.put(f"{PNG}.txt", "Twice.")
    assert desk.accepted(PNG) == first
    assert desk.workflow.started == [first.ref]


def test_a_crash_before_the_start_heals(desk: Desk) -> None:
    desk.inbox.instruction, desk.workflow.crashes = "Add music.", 1
    with pytest.raises(ConnectionError):
        desk.take(PNG)
    assert desk.workflow.started == [] != [desk.accepted(PNG).ref] == desk.workflow.started


def test_what_was_cancelled_before_it_was_started_is_not_started_by_a_late_event(desk: Desk) -> None:
    desk.inbox.instruction = "Add music."
    video = desk.accepted(PNG)
    desk.workflow.started.clear()
    desk.store.end(video.ref, Ended(status=Status.CANCELLED, at=NOW, message="Cancelled by its owner."))
    assert desk.accepted(PNG).video_id == video.video_id
    assert desk.workflow.started == []


def test_of_two_deliveries_at_once_the_first_counts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.put(f"{PNG}.txt", "Once.")
    first = desk.accepted(PNG)
    desk.put(f"{PNG}.txt", "Twice.")
    monkeypatch.setattr(Intake, "_accepted_before", lambda *_: None)
    assert desk.accepted(PNG) == first
    assert desk.workflow.started == [first.ref]


@pytest.mark.parametrize(
    ("seconds", "wait"), [(0, 5), (4.2, 1), (5, 10), (14, 1), (15, 20), (35, 25), (59.9, 1), (-2, 7)]
)
def test_a_silent_file_is_looked_at_again_and_again(desk: Desk, seconds: float, wait: int) -> None:
    assert desk.take(PNG, age=timedelta(seconds=seconds)) == Waiting(wait)
    assert desk.workflow.started == []
    assert desk.tags.by_key == {}


def test_a_silent_file_waits_no_longer_than_that(desk: Desk) -> None:
    assert desk.accepted(PNG, age=PATIENCE).instruction == "The default."


def test_nothing_waits_where_there_is_no_patience(desk: Desk) -> None:
    assert replace(desk, patience=timedelta()).accepted(PNG).instruction == "The default."


def test_a_file_that_is_gone_is_still_a_video_that_will_say_so(desk: Desk) -> None:
    assert desk.problem("inbox/gone.png").code == "superseded"
    assert len(desk.workflow.started) == 1


def test_who_says_what_in_order(desk: Desk) -> None:
    desk.put("inbox/_defaults.json", {"title": "Far", "duration_seconds": 5})
    desk.put("inbox/shop/_defaults.json", {"instruction": "Near.", "language": "de", "aspect_ratio": "1:1"})
    assert isinstance(desk.take(PNG), Waiting), "a sidecar may still come, and counts more"
    video = desk.accepted(PNG, age=PATIENCE)
    assert (video.instruction, video.options) == ("Near.", Options(language="de", aspect_ratio="1:1"))


def test_a_sidecar_goes_before_the_folder_field_by_field(desk: Desk) -> None:
    desk.put("inbox/shop/_defaults.json", {"instruction": "Near.", "language": "de", "aspect_ratio": "1:1"})
    beside: dict[str, object] = {
        "aspect_ratio": "9:16",
        "callback_url": "https://a.example",
        "metadata": {"n": [1]},
    }
    desk.put(f"{PNG}.json", beside)
    video = desk.accepted(PNG)
    assert (video.instruction, video.options) == ("Near.", Options(language="de", aspect_ratio="9:16"))
    assert video.webhook == Webhook(url="https://a.example")
    assert video.metadata == {"n": [1]}


def test_of_two_sidecars_the_json_counts_first(desk: Desk) -> None:
    desk.put(f"{PNG}.txt", b"\xff\xfeA\x00\xfc\x00")
    assert desk.accepted(PNG).instruction == "Aü"
    both = Desk()
    both.put(PNG)
    both.put(f"{PNG}.txt", "Text.")
    both.put(f"{PNG}.json", {"title": "Hello"})
    video = both.accepted(PNG)
    assert (video.instruction, video.options.title) == ("Text.", "Hello")
    both = Desk()
    both.put(PNG)
    both.put(f"{PNG}.txt", "Text.")
    both.put(f"{PNG}.json", {"instruction": "JSON."})
    assert both.accepted(PNG).instruction == "JSON."


def test_an_instruction_of_its_own_makes_a_sidecar_idle(desk: Desk) -> None:
    desk.inbox.instruction = "Mine."
    desk.put(f"{PNG}.txt", "Beside.")
    desk.put("inbox/_defaults.json", {"title": "Of the folder"})
    video = desk.accepted(PNG)
    assert (video.instruction, video.options.title) == ("Mine.", "Of the folder")


@pytest.mark.parametrize(
    ("beside", "says"),
    [
        ({"durration_seconds": 3}, "Did you mean “duration_seconds”?"),
        ({"url": "https://example.com"}, "There is no field “url”"),
        ({"duration_seconds": 3000}, "duration_seconds"),
        ("{'instruction': 'x'}", "line 1"),
        ("[1]", "JSON object"),
        ("[" * 60_000, "32 levels"),
        ('{"metadata": {"a": 1e999}}', "out of range"),
        ('{"metadata": {"a": NaN}}', "NaN is not a number"),
        ('{"duration_seconds": ' + "9" * 5000 + "}", "40 digits"),
        ('{"instruction": "\\ud800"}', "half a character"),
        ('{"instruction": "a", "instruction": "b"}', "twice"),
        ("x" * 70_000, "larger than 64 KB"),
    ],
)
def test_a_sidecar_that_makes_no_sense_fails_the_video_and_says_where(
    desk: Desk, beside: str | dict[str, object], says: str
) -> None:
    desk.put(f"{PNG}.json", beside)
    problem = desk.problem(PNG)
    assert says in problem.message
    assert "photo.png.json" in problem.message
    assert "drop “photo.png” again" in problem.advice


def test_so_do_the_defaults_of_a_folder(desk: Desk) -> None:
    desk.put("inbox/_defaults.json", {"instrution": "x"})
    desk.inbox.instruction = "Add music."
    problem = desk.problem(PNG)
    assert "“_defaults.json”" in problem.message
    assert "Did you mean “instruction”?" in problem.message


@pytest.mark.parametrize("beside", ["export", "how many credits do I have left?", {"instruction": "导出"}])
def test_a_sidecar_that_is_a_command_is_answered_and_never_sent(
    desk: Desk, beside: str | dict[str, object]
) -> None:
    desk.put(f"{PNG}.json" if isinstance(beside, dict) else f"{PNG}.txt", beside)
    problem = desk.problem(PNG)
    assert problem.code == "command"
    assert "Nothing was charged." in problem.advice


def test_so_is_an_objects_metadata_and_a_step_of_a_job(desk: Desk) -> None:
    desk.inbox.instruction = "status"
    assert desk.problem(PNG).code == "command"
    desk.inbox.instruction = ""
    steps: dict[str, object] = {
        "mode": "sequence",
        "files": [{"file": "photo.png", "instruction": "exportieren, bitte"}],
    }
    desk.put("inbox/shop/kettles/job.json", steps)
    assert desk.problem("inbox/shop/kettles/job.json").code == "command"


def test_a_link_is_a_video_of_what_it_leads_to(desk: Desk) -> None:
    desk.put("inbox/a.url", "[InternetShortcut]\r\nURL=https://example.com/\r\n")
    desk.put("inbox/a.url.txt", "Make it shine.")
    video = desk.accepted("inbox/a.url")
    assert video.media == (WebAddress(url="https://example.com/"),)
    assert video.instruction == "Make it shine."
    assert video.dropped
    assert video.dropped.file.key == "inbox/a.url"
    assert desk.tags.marks(video.dropped.file)["video-id"] == video.video_id


def test_a_link_without_an_address_fails_and_says_what_to_do(desk: Desk) -> None:
    desk.put("inbox/a.desktop", "[Desktop Entry]\nType=Application\n")
    problem = desk.problem("inbox/a.desktop")
    assert "“a.desktop” is not a valid link" in problem.message
    assert problem.advice


def test_a_text_is_a_link_only_if_it_begins_with_one(desk: Desk) -> None:
    desk.put("inbox/a.txt", "https://example.com/\r\nMake it square.\r\n")
    video = desk.accepted("inbox/a.txt")
    assert (video.media, video.instruction) == ((WebAddress(url="https://example.com/"),), "Make it square.")
    for body in ("Buy milk.\nAnd tea.\nhttps://example.com/", "a whole book " * 10_000):
        desk.put("inbox/b.txt", body)
        taken = desk.take("inbox/b.txt")
        assert isinstance(taken, Ignored)
        assert "not about one address" in taken.reason


def test_the_line_above_an_address_is_the_title_of_its_page(desk: Desk) -> None:
    desk.put("inbox/a.txt", "The kettle\nhttps://example.com/")
    assert desk.take("inbox/a.txt") == Waiting(5), "a file of its name may follow, whose sidecar it is"
    video = desk.accepted("inbox/a.txt", age=PATIENCE)
    assert (video.media, video.instruction) == ((WebAddress(url="https://example.com/"),), "The default.")
    assert video.options.page is not None
    assert video.options.page.title == "The kettle"
    desk.put("inbox/b.txt", f"{'Kettle' * 1000}\nhttps://example.com/\nMake it square.")
    assert desk.accepted("inbox/b.txt", age=PATIENCE).instruction == "Make it square."


def test_a_sentence_above_an_address_is_the_instruction(desk: Desk) -> None:
    desk.put("inbox/a.txt", "Make a short video of this:\nhttps://example.com/")
    video = desk.accepted("inbox/a.txt", age=PATIENCE)
    assert (video.instruction, video.options.page) == ("Make a short video of this:", None)


def test_a_sentence_with_an_address_beside_a_file_is_its_sidecar(desk: Desk) -> None:
    desk.put("inbox/a.png")
    desk.put("inbox/a.txt", "Show this at the end:\nhttps://example.com/")
    assert isinstance(desk.take("inbox/a.txt", age=PATIENCE), Ignored)
    assert desk.accepted("inbox/a.png").instruction == "Show this at the end:\nhttps://example.com/"


def test_a_text_with_an_address_and_words_still_has_options_beside_it(desk: Desk) -> None:
    desk.put("inbox/a.txt", "https://example.com/\nMake it square.")
    desk.put("inbox/a.txt.json", {"duration_seconds": 9})
    video = desk.accepted("inbox/a.txt")
    assert (video.instruction, video.options.duration_seconds) == ("Make it square.", 9)


def test_a_link_of_windows_that_was_saved_as_a_text_is_a_link(desk: Desk) -> None:
    desk.put("inbox/a.txt", "[InternetShortcut]\r\nURL=https://example.com/\r\n")
    video = desk.accepted("inbox/a.txt", age=PATIENCE)
    assert (video.media, video.instruction) == ((WebAddress(url="https://example.com/"),), "The default.")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (rb"{\rtf1\ansi Shine.}", "not plain text"),
        (b"<!DOCTYPE html><p>Shine.", "not plain text"),
        (b"Shine\x00.", "not plain text"),
        (b"PK\x03\x04" + bytes(60), "not plain text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "not plain text"),
        (b"\x1f\x8b\x08" + bytes(20), "not plain text"),
        ("短视频介绍水壶".encode("gb18030"), "not plain text"),
        ("Снимите видео".encode("cp1251"), "not plain text"),
        (b'{"instruction": "Shine."}', "holds JSON. Name it “photo.png.json”"),
    ],
)
def test_a_sidecar_that_is_no_plain_text_is_not_paid_as_an_instruction(
    desk: Desk, body: bytes, says: str
) -> None:
    desk.put(f"{PNG}.txt", body)
    assert says in desk.problem(PNG).message


@pytest.mark.parametrize("name", ["more\\b.png", "more\\B.PNG"])
def test_a_job_may_name_its_files_as_windows_does(desk: Desk, name: str) -> None:
    part = "inbox/shop/kettles/more/b.png"
    desk.put(part)
    desk.put("inbox/shop/kettles/job.json", {"files": [name]})
    assert isinstance(desk.take(part, age=PATIENCE), Ignored)
    video = desk.accepted("inbox/shop/kettles/job.json")
    assert video.media == (InboxFile(bucket="the-inbox", key=part, version_id="v1"),)


def test_a_job_may_name_an_address_without_its_scheme(desk: Desk) -> None:
    files = ["www.example.com/kettle.png", "www.example.com.png"]
    desk.put("inbox/shop/kettles/www.example.com.png")
    desk.put("inbox/shop/kettles/job.json", {"files": files})
    video = desk.accepted("inbox/shop/kettles/job.json")
    assert [item.name for item in video.media] == [
        "https://www.example.com/kettle.png",
        "www.example.com.png",
    ]


JOB: dict[str, object] = {"title": "Both", "files": ["photo.png", "more/b.png", "https://example.com/a"]}


def test_a_job_is_one_video_of_all_its_files(desk: Desk) -> None:
    desk.put("inbox/shop/kettles/job.json", JOB)
    assert desk.take("inbox/shop/kettles/job.json") == Waiting(5), "a file is not there yet"
    desk.put("inbox/shop/kettles/more/b.png")
    video = desk.accepted("inbox/shop/kettles/job.json")
    assert [item.name for item in video.media] == ["photo.png", "b.png", "https://example.com/a"]
    assert all(isinstance(item, WebAddress) or item.version_id == "v1" for item in video.media)
    assert (video.instruction, video.options.title, video.sequence) == ("The default.", "Both", ())
    assert desk.tags.by_key.keys() == {
        "inbox/shop/kettles/job.json",
        PNG,
        "inbox/shop/kettles/more/b.png",
    }


@pytest.mark.parametrize("key", [PNG, "inbox/shop/kettles/more/b.png"])
def test_a_file_that_a_job_names_is_no_video_of_its_own(desk: Desk, key: str) -> None:
    desk.put(key)
    assert isinstance(desk.take(key), Waiting)
    desk.put("inbox/shop/kettles/job.json", JOB)
    assert desk.take(key, age=PATIENCE) == Ignored("part of inbox/shop/kettles/job.json")


def test_one_that_it_does_not_name_is(desk: Desk) -> None:
    desk.put("inbox/shop/kettles/job.json", {"files": ["other.png"]})
    assert desk.accepted(PNG, age=PATIENCE).name == "photo.png"


def test_one_that_brings_an_instruction_of_its_own_is(desk: Desk) -> None:
    desk.put("inbox/shop/kettles/job.json", JOB)
    desk.inbox.instruction = "On my own."
    assert desk.accepted(PNG).instruction == "On my own."


def test_a_job_that_makes_no_sense_holds_the_files_beside_it(desk: Desk) -> None:
    desk.put("inbox/shop/job.json", "{")
    desk.put("inbox/shop/a.png")
    assert desk.take("inbox/shop/a.png", age=PATIENCE) == Ignored("part of inbox/shop/job.json")
    assert isinstance(desk.take(PNG, age=PATIENCE), Accepted), "in a folder of its own"
    assert "cannot be read" in desk.problem("inbox/shop/job.json").message


@pytest.mark.parametrize(
    ("job", "says"),
    [
        ({"files": ["gone.png"]}, "“gone.png”"),
        ({"files": ["../photo.png"]}, "not in the folder"),
        ({"files": ["/inbox/photo.png"]}, "not in the folder"),
        ({"files": []}, "files"),
        ({"file": ["photo.png"]}, "Did you mean “files”?"),
        ({"files": [{"file": "photo.png", "instrution": "x"}]}, "instrution"),
        ({"files": [{"file": "photo.png", "instruction": "x"}]}, '"mode": "sequence"'),
        ({"files": ["a.url"]}, "“a.url” is not a valid link"),
        ({"files": [f"{number}.png" for number in range(11)]}, "10"),
    ],
)
def test_a_job_that_cannot_be_done_fails_and_says_why(desk: Desk, job: dict[str, object], says: str) -> None:
    desk.put("inbox/shop/kettles/a.url", "")
    desk.put("inbox/shop/kettles/job.json", job)
    problem = desk.problem("inbox/shop/kettles/job.json", age=PATIENCE)
    assert says in problem.message
    assert "again" in problem.advice


def test_a_sequence_is_planned_step_by_step(desk: Desk) -> None:
    desk.put("inbox/shop/kettles/b.png")
    files = [{"file": "photo.png", "instruction": "One."}, "b.png"]
    desk.put("inbox/shop/kettles/job.json", {"mode": "sequence", "instruction": "Else.", "files": files})
    video = desk.accepted("inbox/shop/kettles/job.json")
    assert [(step.instruction, step.media[0].name) for step in video.sequence] == [
        ("One.", "photo.png"),
        ("Else.", "b.png"),
    ]
    version = desk.first_version(video)
    assert (version.instruction, version.step) == ("One.", 1)
    assert [item.name for item in media_of(video, version)] == ["photo.png"]


@pytest.mark.parametrize("name", ["batch.csv", "batch.jsonl"])
def test_a_batch_is_accepted_once(desk: Desk, name: str) -> None:
    key = f"inbox/spring/{name}"
    desk.put(key)
    taken = desk.take(key)
    assert isinstance(taken, AcceptedBatch)
    assert (taken.batch.owner, taken.batch.file.key) == ("inbox", key)
    assert isinstance(desk.take(key, age=PATIENCE), Ignored)
    assert desk.batch_workflow.started == [taken.batch.batch_id]


@pytest.mark.parametrize("batch", ["inbox/shop/batch.csv", "inbox/shop/kettles/batch.jsonl"])
def test_what_lies_in_the_folder_of_a_batch_is_material_for_its_rows(desk: Desk, batch: str) -> None:
    desk.put(batch)
    assert desk.take(PNG) == Ignored(f"part of {batch}")
    assert isinstance(desk.take("inbox/a.png", age=PATIENCE), Accepted)


def test_a_file_of_a_batch_that_says_itself_what_to_do_is_a_video(desk: Desk) -> None:
    desk.put("inbox/shop/kettles/batch.csv")
    desk.put(f"{PNG}.txt", "Make it shine.")
    assert desk.accepted(PNG).instruction == "Make it shine."


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("batch.csv", "file;instruction\nshop/kettles/photo.png;Größer\n".encode("cp1252")),
        ("batch.csv", b"s3_keys\ninbox/other.png|inbox/shop/kettles/photo.png\n"),
        ("batch.jsonl", b'{"url": "https://a.example", "brand": {"logo": "shop/kettles/photo.png"}}\n'),
        ("batch.jsonl", b'{"s3_key": "inbox/shop/kettles/photo.png"}\n'),
    ],
)
def test_a_batch_in_the_inbox_itself_claims_what_its_rows_name(desk: Desk, name: str, body: bytes) -> None:
    desk.put(f"inbox/{name}", body)
    assert desk.take(PNG) == Ignored(f"part of inbox/{name}")
    desk.put("inbox/a.png")
    assert isinstance(desk.take("inbox/a.png", age=PATIENCE), Accepted)


@pytest.mark.parametrize("body", [b"", b"no such column\nphoto.png\n", b"file\n" + b"a" * 100_000])
def test_a_batch_in_the_inbox_itself_that_cannot_be_read_claims_nothing(desk: Desk, body: bytes) -> None:
    desk.put("inbox/batch.csv", body)
    assert isinstance(desk.take(PNG, age=PATIENCE), Accepted)


def test_a_drop_whose_video_was_deleted_is_not_made_again(desk: Desk) -> None:
    desk.inbox.instruction = "Make it shine."
    video = desk.accepted(PNG)
    desk.store.end(video.ref, Ended(status=Status.CANCELLED, at=NOW, message="Cancelled."))
    assert desk.store.remove(desk.store.video(video.video_id), desk.store.versions(video.video_id))
    started = list(desk.workflow.started)
    assert desk.take(PNG) == Ignored("its video was deleted")
    assert desk.workflow.started == started
    desk.tags.by_key.clear()  # what is uploaded again has none
    assert desk.take(PNG, version="v2") != Ignored("its video was deleted"), (
        "another version is another video"
    )


def test_tags_that_do_not_fit_are_told_in_the_history(desk: Desk) -> None:
    desk.inbox.instruction = "Make it shine."
    desk.tags.unmarked = Unmarked(names=("video-status",), reason="full")
    video = desk.accepted(PNG)
    told = [line.message for line in desk.store.video(video.video_id).history]
    assert told == [
        "Accepted.",
        "“photo.png” did not get the tag video-status: it has others, and S3 takes ten.",
    ]
