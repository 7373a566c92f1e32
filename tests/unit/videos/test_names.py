"""Names of the inbox match as people see them, whatever bytes a system writes them as."""

import unicodedata
from datetime import timedelta

import pytest

from tests.unit.videos.test_intake import PATIENCE, Desk
from videos.drop import Accepted, AcceptedBatch, Ignored, Waiting

NFD = unicodedata.normalize("NFD", "inbox/café/Müller.png")
NFC = unicodedata.normalize("NFC", NFD)
LATER = PATIENCE + timedelta(seconds=1)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("sidecar", ["a.png.txt", "a.png.TXT", "a.PNG.txt", "a.txt", "a.TXT"])
def test_a_text_sidecar_is_found_under_each_form_of_its_name(desk: Desk, sidecar: str) -> None:
    desk.put("inbox/a.png")
    desk.put(f"inbox/{sidecar}", "Make it shine.")
    assert desk.accepted("inbox/a.png").instruction == "Make it shine."
    assert isinstance(desk.take(f"inbox/{sidecar}"), Ignored)


@pytest.mark.parametrize("sidecar", ["a.png.json", "a.png.JSON", "a.json", "a.Json"])
def test_a_json_sidecar_is_found_under_each_form_of_its_name(desk: Desk, sidecar: str) -> None:
    desk.put("inbox/a.png")
    desk.put(f"inbox/{sidecar}", {"instruction": "Make it shine.", "title": "Sun"})
    assert desk.accepted("inbox/a.png").wishes.title == "Sun"
    assert isinstance(desk.take(f"inbox/{sidecar}"), Ignored)


@pytest.mark.parametrize(
    ("media", "sidecar"), [(NFD, f"{NFD[:-4]}.txt"), (NFD, f"{NFC}.txt"), (NFC, f"{NFD}.txt")]
)
def test_a_sidecar_is_found_in_another_normalization_form(desk: Desk, media: str, sidecar: str) -> None:
    folder = media.rpartition("/")[0]
    desk.put(media)
    desk.put(f"{folder}/{sidecar.rpartition('/')[2]}", "Make it shine.")
    assert desk.accepted(media).instruction == "Make it shine."


def test_the_exact_name_counts_before_a_similar_one(desk: Desk) -> None:
    desk.put("inbox/a.png")
    desk.put("inbox/a.png.TXT", "Similar.")
    desk.put("inbox/a.png.txt", "Exact.")
    desk.put("inbox/a.txt", "Stem.")
    assert desk.accepted("inbox/a.png").instruction == "Exact."


def test_a_text_with_an_address_is_a_link_and_not_the_sidecar_of_its_neighbour(desk: Desk) -> None:
    desk.put("inbox/a.png")
    desk.put("inbox/a.txt", "www.example.com/kettle")
    assert isinstance(desk.take("inbox/a.png"), Waiting)
    link = desk.accepted("inbox/a.txt", age=LATER)
    assert [item.name for item in link.media] == ["https://www.example.com/kettle"]


@pytest.mark.parametrize("name", ["_defaults.json", "_Defaults.json", "_DEFAULTS.JSON"])
def test_defaults_are_found_in_any_letter_case(desk: Desk, name: str) -> None:
    desk.put("inbox/shop/a.png")
    desk.put(f"inbox/shop/{name}", {"title": "Of the shop"})
    assert desk.accepted("inbox/shop/a.png", age=LATER).wishes.title == "Of the shop"


@pytest.mark.parametrize("name", ["job.json", "Job.json", "JOB.JSON"])
def test_files_of_a_job_belong_to_it_in_any_letter_case_of_its_name(desk: Desk, name: str) -> None:
    desk.put(NFD)
    folder = NFD.rpartition("/")[0]
    desk.put(f"{folder}/{name}", {"files": [NFC.rpartition("/")[2]]})
    job = desk.accepted(f"{folder}/{name}")
    assert [item.name for item in job.media] == [NFD.rpartition("/")[2]]
    assert isinstance(desk.take(NFD), Ignored)


@pytest.mark.parametrize("name", ["batch.csv", "Batch.csv", "BATCH.JSONL"])
def test_files_of_a_batch_belong_to_it_in_any_letter_case_of_its_name(desk: Desk, name: str) -> None:
    desk.put("inbox/shop/a.png")
    desk.put(f"inbox/shop/{name}", "file\na.png\n")
    assert isinstance(desk.take(f"inbox/shop/{name}"), AcceptedBatch)
    assert isinstance(desk.take("inbox/shop/a.png"), Ignored)


def test_a_batch_in_a_folder_too_long_to_be_listed_is_found(desk: Desk) -> None:
    for number in range(1200):
        desk.put(f"inbox/shop/A{number:04}.png")
    desk.put("inbox/shop/Batch.csv", "file\nA0000.png\n")
    assert isinstance(desk.take("inbox/shop/A0000.png"), Ignored)


@pytest.mark.parametrize("note", [f"{NFC}.edit.txt", f"{NFC}.Edit.TXT"])
def test_an_edit_note_finds_the_video_of_its_file(desk: Desk, note: str) -> None:
    folder, name = NFD.rpartition("/")[0], note.rpartition("/")[2]
    desk.put(NFD)
    video = desk.accepted(NFD, age=LATER)
    desk.put(f"{folder}/{name}", "Make it shorter.")
    taken = desk.take(f"{folder}/{name}")
    assert isinstance(taken, Accepted)
    assert taken.video.video_id == video.video_id


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("bacth.csv", "batch.csv"),
        ("batches.csv", "batch.csv"),
        ("jobs.json", "job.json"),
        ("defaults.json", "_defaults.json"),
        ("a.png.edits.txt", "a.png.edit.txt"),
    ],
)
def test_a_name_that_is_close_to_a_known_one_is_reported(desk: Desk, name: str, meant: str) -> None:
    desk.put(f"inbox/shop/{name}", "file\na.png\n")
    assert isinstance(desk.take(f"inbox/shop/{name}"), Waiting)
    problem = desk.problem(f"inbox/shop/{name}", age=LATER)
    assert f"Did you mean “{meant}”?" in problem.advice


@pytest.mark.parametrize("name", ["orders.csv", "products.xlsx", "settings.json"])
def test_a_table_that_is_close_to_no_name_says_how_to_name_it(desk: Desk, name: str) -> None:
    desk.put(f"inbox/shop/{name}", "1,2\n")
    assert "batch.csv" in desk.problem(f"inbox/shop/{name}", age=LATER).advice
