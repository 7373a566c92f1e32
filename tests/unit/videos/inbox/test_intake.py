"""What becomes of a drop: a video, a wait, or nothing for a reason."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import NOW
from tests.support.intake import PATIENCE, PNG, Dropping
from videos.inbox.drop import Accepted, AcceptedBatch, DropKind, Ignored, Waiting, kind_of
from videos.inbox.intake import Intake
from videos.model.media import InboxFile, WebAddress
from videos.model.ports import Unmarked
from videos.model.records import Status
from videos.model.version import Ended
from videos.model.video import Options, Webhook
from videos.requests.sequence import media_of


@pytest.fixture
def case() -> Dropping:
    case = Dropping()
    case.put(PNG)
    return case


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
def test_what_is_no_input_starts_nothing_and_says_why(case: Dropping, key: str) -> None:
    case.put(key)
    taken = case.take(key)
    assert isinstance(taken, Ignored)
    assert taken.reason
    assert case.workflow.started == []


def test_a_file_that_says_what_to_do_is_a_video_at_once(case: Dropping) -> None:
    case.inbox.instruction = "Add music."
    video = case.accepted(PNG)
    assert (video.instruction, video.owner, video.source) == ("Add music.", "inbox", "inbox")
    assert video.media == (InboxFile(bucket="the-inbox", key=PNG, version_id="v1"),)
    assert case.tags.by_key[PNG] == {"video-id": video.video_id, "video-status": "queued"}


def test_the_same_drop_is_the_same_video_whatever_lies_beside_it_by_then(case: Dropping) -> None:
    case.put(f"{PNG}.txt", "Once.")
    first = case.accepted(PNG)
    case.put(f"{PNG}.txt", "Twice.")
    assert case.accepted(PNG) == first
    assert case.workflow.started == [first.ref]


def test_a_crash_before_the_start_heals(case: Dropping) -> None:
    case.inbox.instruction, case.workflow.crashes = "Add music.", 1
    with pytest.raises(ConnectionError):
        case.take(PNG)
    assert case.workflow.started == [] != [case.accepted(PNG).ref] == case.workflow.started


def test_what_was_cancelled_before_it_was_started_is_not_started_by_a_late_event(case: Dropping) -> None:
    case.inbox.instruction = "Add music."
    video = case.accepted(PNG)
    case.workflow.started.clear()
    case.store.end(video.ref, Ended(status=Status.CANCELLED, at=NOW, message="Cancelled by its owner."))
    assert case.accepted(PNG).video_id == video.video_id
    assert case.workflow.started == []


def test_of_two_deliveries_at_once_the_first_counts(case: Dropping, monkeypatch: pytest.MonkeyPatch) -> None:
    case.put(f"{PNG}.txt", "Once.")
    first = case.accepted(PNG)
    case.put(f"{PNG}.txt", "Twice.")
    monkeypatch.setattr(Intake, "_accepted_before", lambda *_: None)
    assert case.accepted(PNG) == first
    assert case.workflow.started == [first.ref]


@pytest.mark.parametrize(
    ("seconds", "wait"), [(0, 5), (4.2, 1), (5, 10), (14, 1), (15, 20), (35, 25), (59.9, 1), (-2, 7)]
)
def test_a_silent_file_is_looked_at_again_and_again(case: Dropping, seconds: float, wait: int) -> None:
    assert case.take(PNG, age=timedelta(seconds=seconds)) == Waiting(wait)
    assert case.workflow.started == []
    assert case.tags.by_key == {}


def test_a_silent_file_waits_no_longer_than_that(case: Dropping) -> None:
    assert case.accepted(PNG, age=PATIENCE).instruction == "The default."


def test_nothing_waits_where_there_is_no_patience(case: Dropping) -> None:
    assert replace(case, patience=timedelta()).accepted(PNG).instruction == "The default."


def test_a_file_that_is_gone_is_still_a_video_that_will_say_so(case: Dropping) -> None:
    assert case.problem("inbox/gone.png").code == "superseded"
    assert len(case.workflow.started) == 1


def test_who_says_what_in_order(case: Dropping) -> None:
    case.put("inbox/_defaults.json", {"title": "Far", "duration_seconds": 5})
    case.put("inbox/shop/_defaults.json", {"instruction": "Near.", "language": "de", "aspect_ratio": "1:1"})
    assert isinstance(case.take(PNG), Waiting), "a sidecar may still come, and counts more"
    video = case.accepted(PNG, age=PATIENCE)
    assert (video.instruction, video.options) == ("Near.", Options(language="de", aspect_ratio="1:1"))


def test_a_sidecar_goes_before_the_folder_field_by_field(case: Dropping) -> None:
    case.put("inbox/shop/_defaults.json", {"instruction": "Near.", "language": "de", "aspect_ratio": "1:1"})
    beside: dict[str, object] = {
        "aspect_ratio": "9:16",
        "callback_url": "https://a.example",
        "metadata": {"n": [1]},
    }
    case.put(f"{PNG}.json", beside)
    video = case.accepted(PNG)
    assert (video.instruction, video.options) == ("Near.", Options(language="de", aspect_ratio="9:16"))
    assert video.webhook == Webhook(url="https://a.example")
    assert video.metadata == {"n": [1]}


def test_of_two_sidecars_the_json_counts_first(case: Dropping) -> None:
    case.put(f"{PNG}.txt", b"\xff\xfeA\x00\xfc\x00")
    assert case.accepted(PNG).instruction == "Aü"
    both = Dropping()
    both.put(PNG)
    both.put(f"{PNG}.txt", "Text.")
    both.put(f"{PNG}.json", {"title": "Hello"})
    video = both.accepted(PNG)
    assert (video.instruction, video.options.title) == ("Text.", "Hello")
    both = Dropping()
    both.put(PNG)
    both.put(f"{PNG}.txt", "Text.")
    both.put(f"{PNG}.json", {"instruction": "JSON."})
    assert both.accepted(PNG).instruction == "JSON."


def test_an_instruction_of_its_own_makes_a_sidecar_idle(case: Dropping) -> None:
    case.inbox.instruction = "Mine."
    case.put(f"{PNG}.txt", "Beside.")
    case.put("inbox/_defaults.json", {"title": "Of the folder"})
    video = case.accepted(PNG)
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
    case: Dropping, beside: str | dict[str, object], says: str
) -> None:
    case.put(f"{PNG}.json", beside)
    problem = case.problem(PNG)
    assert says in problem.message
    assert "photo.png.json" in problem.message
    assert "drop “photo.png” again" in problem.advice


def test_so_do_the_defaults_of_a_folder(case: Dropping) -> None:
    case.put("inbox/_defaults.json", {"instrution": "x"})
    case.inbox.instruction = "Add music."
    problem = case.problem(PNG)
    assert "“_defaults.json”" in problem.message
    assert "Did you mean “instruction”?" in problem.message


@pytest.mark.parametrize("beside", ["export", "how many credits do I have left?", {"instruction": "导出"}])
def test_a_sidecar_that_is_a_command_is_answered_and_never_sent(
    case: Dropping, beside: str | dict[str, object]
) -> None:
    case.put(f"{PNG}.json" if isinstance(beside, dict) else f"{PNG}.txt", beside)
    problem = case.problem(PNG)
    assert problem.code == "command"
    assert "Nothing was charged." in problem.advice


def test_so_is_an_objects_metadata_and_a_step_of_a_job(case: Dropping) -> None:
    case.inbox.instruction = "status"
    assert case.problem(PNG).code == "command"
    case.inbox.instruction = ""
    steps: dict[str, object] = {
        "mode": "sequence",
        "files": [{"file": "photo.png", "instruction": "exportieren, bitte"}],
    }
    case.put("inbox/shop/kettles/job.json", steps)
    assert case.problem("inbox/shop/kettles/job.json").code == "command"


def test_a_link_is_a_video_of_what_it_leads_to(case: Dropping) -> None:
    case.put("inbox/a.url", "[InternetShortcut]\r\nURL=https://example.com/\r\n")
    case.put("inbox/a.url.txt", "Make it shine.")
    video = case.accepted("inbox/a.url")
    assert video.media == (WebAddress(url="https://example.com/"),)
    assert video.instruction == "Make it shine."
    assert video.dropped
    assert video.dropped.file.key == "inbox/a.url"
    assert case.tags.marks(video.dropped.file)["video-id"] == video.video_id


def test_a_link_without_an_address_fails_and_says_what_to_do(case: Dropping) -> None:
    case.put("inbox/a.desktop", "[Desktop Entry]\nType=Application\n")
    problem = case.problem("inbox/a.desktop")
    assert "“a.desktop” is not a valid link" in problem.message
    assert problem.advice


def test_a_text_is_a_link_only_if_it_begins_with_one(case: Dropping) -> None:
    case.put("inbox/a.txt", "https://example.com/\r\nMake it square.\r\n")
    video = case.accepted("inbox/a.txt")
    assert (video.media, video.instruction) == ((WebAddress(url="https://example.com/"),), "Make it square.")
    for body in ("Buy milk.\nAnd tea.\nhttps://example.com/", "a whole book " * 10_000):
        case.put("inbox/b.txt", body)
        taken = case.take("inbox/b.txt")
        assert isinstance(taken, Ignored)
        assert "not about one address" in taken.reason


def test_the_line_above_an_address_is_the_title_of_its_page(case: Dropping) -> None:
    case.put("inbox/a.txt", "The kettle\nhttps://example.com/")
    assert case.take("inbox/a.txt") == Waiting(5), "a file of its name may follow, whose sidecar it is"
    video = case.accepted("inbox/a.txt", age=PATIENCE)
    assert (video.media, video.instruction) == ((WebAddress(url="https://example.com/"),), "The default.")
    assert video.options.page is not None
    assert video.options.page.title == "The kettle"
    case.put("inbox/b.txt", f"{'Kettle' * 1000}\nhttps://example.com/\nMake it square.")
    assert case.accepted("inbox/b.txt", age=PATIENCE).instruction == "Make it square."


def test_a_sentence_above_an_address_is_the_instruction(case: Dropping) -> None:
    case.put("inbox/a.txt", "Make a short video of this:\nhttps://example.com/")
    video = case.accepted("inbox/a.txt", age=PATIENCE)
    assert (video.instruction, video.options.page) == ("Make a short video of this:", None)


def test_a_sentence_with_an_address_beside_a_file_is_its_sidecar(case: Dropping) -> None:
    case.put("inbox/a.png")
    case.put("inbox/a.txt", "Show this at the end:\nhttps://example.com/")
    assert isinstance(case.take("inbox/a.txt", age=PATIENCE), Ignored)
    assert case.accepted("inbox/a.png").instruction == "Show this at the end:\nhttps://example.com/"


def test_a_text_with_an_address_and_words_still_has_options_beside_it(case: Dropping) -> None:
    case.put("inbox/a.txt", "https://example.com/\nMake it square.")
    case.put("inbox/a.txt.json", {"duration_seconds": 9})
    video = case.accepted("inbox/a.txt")
    assert (video.instruction, video.options.duration_seconds) == ("Make it square.", 9)


def test_a_link_of_windows_that_was_saved_as_a_text_is_a_link(case: Dropping) -> None:
    case.put("inbox/a.txt", "[InternetShortcut]\r\nURL=https://example.com/\r\n")
    video = case.accepted("inbox/a.txt", age=PATIENCE)
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
    case: Dropping, body: bytes, says: str
) -> None:
    case.put(f"{PNG}.txt", body)
    assert says in case.problem(PNG).message


@pytest.mark.parametrize("name", ["more\\b.png", "more\\B.PNG"])
def test_a_job_may_name_its_files_as_windows_does(case: Dropping, name: str) -> None:
    part = "inbox/shop/kettles/more/b.png"
    case.put(part)
    case.put("inbox/shop/kettles/job.json", {"files": [name]})
    assert isinstance(case.take(part, age=PATIENCE), Ignored)
    video = case.accepted("inbox/shop/kettles/job.json")
    assert video.media == (InboxFile(bucket="the-inbox", key=part, version_id="v1"),)


def test_a_job_may_name_an_address_without_its_scheme(case: Dropping) -> None:
    files = ["www.example.com/kettle.png", "www.example.com.png"]
    case.put("inbox/shop/kettles/www.example.com.png")
    case.put("inbox/shop/kettles/job.json", {"files": files})
    video = case.accepted("inbox/shop/kettles/job.json")
    assert [item.name for item in video.media] == [
        "https://www.example.com/kettle.png",
        "www.example.com.png",
    ]


JOB: dict[str, object] = {"title": "Both", "files": ["photo.png", "more/b.png", "https://example.com/a"]}


def test_a_job_is_one_video_of_all_its_files(case: Dropping) -> None:
    case.put("inbox/shop/kettles/job.json", JOB)
    assert case.take("inbox/shop/kettles/job.json") == Waiting(5), "a file is not there yet"
    case.put("inbox/shop/kettles/more/b.png")
    video = case.accepted("inbox/shop/kettles/job.json")
    assert [item.name for item in video.media] == ["photo.png", "b.png", "https://example.com/a"]
    assert all(isinstance(item, WebAddress) or item.version_id == "v1" for item in video.media)
    assert (video.instruction, video.options.title, video.sequence) == ("The default.", "Both", ())
    assert case.tags.by_key.keys() == {
        "inbox/shop/kettles/job.json",
        PNG,
        "inbox/shop/kettles/more/b.png",
    }


@pytest.mark.parametrize("key", [PNG, "inbox/shop/kettles/more/b.png"])
def test_a_file_that_a_job_names_is_no_video_of_its_own(case: Dropping, key: str) -> None:
    case.put(key)
    assert isinstance(case.take(key), Waiting)
    case.put("inbox/shop/kettles/job.json", JOB)
    assert case.take(key, age=PATIENCE) == Ignored("part of inbox/shop/kettles/job.json")


def test_one_that_it_does_not_name_is(case: Dropping) -> None:
    case.put("inbox/shop/kettles/job.json", {"files": ["other.png"]})
    assert case.accepted(PNG, age=PATIENCE).name == "photo.png"


def test_one_that_brings_an_instruction_of_its_own_is(case: Dropping) -> None:
    case.put("inbox/shop/kettles/job.json", JOB)
    case.inbox.instruction = "On my own."
    assert case.accepted(PNG).instruction == "On my own."


def test_a_job_that_makes_no_sense_holds_the_files_beside_it(case: Dropping) -> None:
    case.put("inbox/shop/job.json", "{")
    case.put("inbox/shop/a.png")
    assert case.take("inbox/shop/a.png", age=PATIENCE) == Ignored("part of inbox/shop/job.json")
    assert isinstance(case.take(PNG, age=PATIENCE), Accepted), "in a folder of its own"
    assert "cannot be read" in case.problem("inbox/shop/job.json").message


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
def test_a_job_that_cannot_be_done_fails_and_says_why(
    case: Dropping, job: dict[str, object], says: str
) -> None:
    case.put("inbox/shop/kettles/a.url", "")
    case.put("inbox/shop/kettles/job.json", job)
    problem = case.problem("inbox/shop/kettles/job.json", age=PATIENCE)
    assert says in problem.message
    assert "again" in problem.advice


def test_a_sequence_is_planned_step_by_step(case: Dropping) -> None:
    case.put("inbox/shop/kettles/b.png")
    files = [{"file": "photo.png", "instruction": "One."}, "b.png"]
    case.put("inbox/shop/kettles/job.json", {"mode": "sequence", "instruction": "Else.", "files": files})
    video = case.accepted("inbox/shop/kettles/job.json")
    assert [(step.instruction, step.media[0].name) for step in video.sequence] == [
        ("One.", "photo.png"),
        ("Else.", "b.png"),
    ]
    version = case.first_version(video)
    assert (version.instruction, version.step) == ("One.", 1)
    assert [item.name for item in media_of(video, version)] == ["photo.png"]


@pytest.mark.parametrize("name", ["batch.csv", "batch.jsonl"])
def test_a_batch_is_accepted_once(case: Dropping, name: str) -> None:
    key = f"inbox/spring/{name}"
    case.put(key)
    taken = case.take(key)
    assert isinstance(taken, AcceptedBatch)
    assert (taken.batch.owner, taken.batch.file.key) == ("inbox", key)
    assert isinstance(case.take(key, age=PATIENCE), Ignored)
    assert case.batch_workflow.started == [taken.batch.batch_id]


@pytest.mark.parametrize("batch", ["inbox/shop/batch.csv", "inbox/shop/kettles/batch.jsonl"])
def test_what_lies_in_the_folder_of_a_batch_is_material_for_its_rows(case: Dropping, batch: str) -> None:
    case.put(batch)
    assert case.take(PNG) == Ignored(f"part of {batch}")
    assert isinstance(case.take("inbox/a.png", age=PATIENCE), Accepted)


def test_a_file_of_a_batch_that_says_itself_what_to_do_is_a_video(case: Dropping) -> None:
    case.put("inbox/shop/kettles/batch.csv")
    case.put(f"{PNG}.txt", "Make it shine.")
    assert case.accepted(PNG).instruction == "Make it shine."


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("batch.csv", "file;instruction\nshop/kettles/photo.png;Größer\n".encode("cp1252")),
        ("batch.csv", b"s3_keys\ninbox/other.png|inbox/shop/kettles/photo.png\n"),
        ("batch.jsonl", b'{"url": "https://a.example", "brand": {"logo": "shop/kettles/photo.png"}}\n'),
        ("batch.jsonl", b'{"s3_key": "inbox/shop/kettles/photo.png"}\n'),
    ],
)
def test_a_batch_in_the_inbox_itself_claims_what_its_rows_name(
    case: Dropping, name: str, body: bytes
) -> None:
    case.put(f"inbox/{name}", body)
    assert case.take(PNG) == Ignored(f"part of inbox/{name}")
    case.put("inbox/a.png")
    assert isinstance(case.take("inbox/a.png", age=PATIENCE), Accepted)


@pytest.mark.parametrize("body", [b"", b"no such column\nphoto.png\n", b"file\n" + b"a" * 100_000])
def test_a_batch_in_the_inbox_itself_that_cannot_be_read_claims_nothing(case: Dropping, body: bytes) -> None:
    case.put("inbox/batch.csv", body)
    assert isinstance(case.take(PNG, age=PATIENCE), Accepted)


def test_a_drop_whose_video_was_deleted_is_not_made_again(case: Dropping) -> None:
    case.inbox.instruction = "Make it shine."
    video = case.accepted(PNG)
    case.store.end(video.ref, Ended(status=Status.CANCELLED, at=NOW, message="Cancelled."))
    assert case.store.remove(case.store.video(video.video_id), case.store.versions(video.video_id))
    started = list(case.workflow.started)
    assert case.take(PNG) == Ignored("its video was deleted")
    assert case.workflow.started == started
    case.tags.by_key.clear()  # what is uploaded again has none
    assert case.take(PNG, version="v2") != Ignored("its video was deleted"), (
        "another version is another video"
    )


def test_tags_that_do_not_fit_are_told_in_the_history(case: Dropping) -> None:
    case.inbox.instruction = "Make it shine."
    case.tags.unmarked = Unmarked(names=("video-status",), reason="full")
    video = case.accepted(PNG)
    told = [line.message for line in case.store.video(video.video_id).history]
    assert told == [
        "Accepted.",
        "“photo.png” did not get the tag video-status: it has others, and S3 takes ten.",
    ]
