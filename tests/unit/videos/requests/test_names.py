"""Names of the inbox match as people see them, whatever bytes a system writes them as."""

import io
import unicodedata
from datetime import timedelta

import pytest
from openpyxl import Workbook

from tests.support.intake import PATIENCE, Dropping
from videos.inbox.drop import Accepted, AcceptedBatch, Ignored, Waiting
from videos.requests.options import FieldError
from videos.requests.ownership import NamedObjects, Ownership, made_of

NFD = unicodedata.normalize("NFD", "inbox/café/Müller.png")
NFC = unicodedata.normalize("NFC", NFD)
LATER = PATIENCE + timedelta(seconds=1)


@pytest.fixture
def case() -> Dropping:
    return Dropping()


@pytest.mark.parametrize("sidecar", ["a.png.txt", "a.png.TXT", "a.PNG.txt", "a.txt", "a.TXT"])
def test_a_text_sidecar_is_found_under_each_form_of_its_name(case: Dropping, sidecar: str) -> None:
    case.put("inbox/a.png")
    case.put(f"inbox/{sidecar}", "Make it shine.")
    assert case.accepted("inbox/a.png").instruction == "Make it shine."
    assert isinstance(case.take(f"inbox/{sidecar}"), Ignored)


@pytest.mark.parametrize("sidecar", ["a.png.json", "a.png.JSON", "a.json", "a.Json"])
def test_a_json_sidecar_is_found_under_each_form_of_its_name(case: Dropping, sidecar: str) -> None:
    case.put("inbox/a.png")
    case.put(f"inbox/{sidecar}", {"instruction": "Make it shine.", "title": "Sun"})
    assert case.accepted("inbox/a.png").options.title == "Sun"
    assert isinstance(case.take(f"inbox/{sidecar}"), Ignored)


@pytest.mark.parametrize(
    ("media", "sidecar"), [(NFD, f"{NFD[:-4]}.txt"), (NFD, f"{NFC}.txt"), (NFC, f"{NFD}.txt")]
)
def test_a_sidecar_is_found_in_another_normalization_form(case: Dropping, media: str, sidecar: str) -> None:
    folder = media.rpartition("/")[0]
    case.put(media)
    case.put(f"{folder}/{sidecar.rpartition('/')[2]}", "Make it shine.")
    assert case.accepted(media).instruction == "Make it shine."


def test_the_exact_name_counts_before_a_similar_one(case: Dropping) -> None:
    case.put("inbox/a.png")
    case.put("inbox/a.png.TXT", "Similar.")
    case.put("inbox/a.png.txt", "Exact.")
    case.put("inbox/a.txt", "Stem.")
    assert case.accepted("inbox/a.png").instruction == "Exact."


def test_a_text_with_an_address_is_a_link_and_not_the_sidecar_of_its_neighbour(case: Dropping) -> None:
    case.put("inbox/a.png")
    case.put("inbox/a.txt", "www.example.com/kettle")
    assert isinstance(case.take("inbox/a.png"), Waiting)
    link = case.accepted("inbox/a.txt", age=LATER)
    assert [item.name for item in link.media] == ["https://www.example.com/kettle"]


@pytest.mark.parametrize("name", ["_defaults.json", "_Defaults.json", "_DEFAULTS.JSON"])
def test_defaults_are_found_in_any_letter_case(case: Dropping, name: str) -> None:
    case.put("inbox/shop/a.png")
    case.put(f"inbox/shop/{name}", {"title": "Of the shop"})
    assert case.accepted("inbox/shop/a.png", age=LATER).options.title == "Of the shop"


@pytest.mark.parametrize("name", ["job.json", "Job.json", "JOB.JSON"])
def test_files_of_a_job_belong_to_it_in_any_letter_case_of_its_name(case: Dropping, name: str) -> None:
    case.put(NFD)
    folder = NFD.rpartition("/")[0]
    case.put(f"{folder}/{name}", {"files": [NFC.rpartition("/")[2]]})
    job = case.accepted(f"{folder}/{name}")
    assert [item.name for item in job.media] == [NFD.rpartition("/")[2]]
    assert isinstance(case.take(NFD), Ignored)


@pytest.mark.parametrize("name", ["batch.csv", "Batch.csv", "BATCH.JSONL"])
def test_files_of_a_batch_belong_to_it_in_any_letter_case_of_its_name(case: Dropping, name: str) -> None:
    case.put("inbox/shop/a.png")
    case.put(f"inbox/shop/{name}", "file\na.png\n")
    assert isinstance(case.take(f"inbox/shop/{name}"), AcceptedBatch)
    assert isinstance(case.take("inbox/shop/a.png"), Ignored)


def test_a_batch_in_a_folder_too_long_to_be_listed_is_found(case: Dropping) -> None:
    for number in range(1200):
        case.put(f"inbox/shop/A{number:04}.png")
    case.put("inbox/shop/Batch.csv", "file\nA0000.png\n")
    assert isinstance(case.take("inbox/shop/A0000.png"), Ignored)


# How a file is named, and how somebody else writes it.
WRITTEN = [
    ("Café.png", "Café.png"),
    (unicodedata.normalize("NFD", "Café.png"), unicodedata.normalize("NFC", "Café.png")),
    (unicodedata.normalize("NFC", "Café.png"), unicodedata.normalize("NFD", "Café.png")),
    ("Kettle.PNG", "kettle.png"),
    ("kettle.png", "KETTLE.Png"),
    (unicodedata.normalize("NFD", "ÜBER.png"), unicodedata.normalize("NFC", "über.PNG")),
    ("straße.png", "STRASSE.PNG"),
]


@pytest.mark.parametrize(("stored", "written"), WRITTEN)
def test_a_file_of_a_job_is_found_as_somebody_writes_it(case: Dropping, stored: str, written: str) -> None:
    case.put(f"inbox/shop/{stored}")
    case.put("inbox/shop/other.png")
    case.put("inbox/shop/job.json", {"files": [written]})
    job = case.accepted("inbox/shop/job.json")
    assert [item.name for item in job.media] == [stored]
    assert isinstance(case.take(f"inbox/shop/{stored}"), Ignored)
    assert isinstance(case.take("inbox/shop/other.png"), Waiting)


@pytest.mark.parametrize(("stored", "written"), WRITTEN)
def test_a_request_names_an_object_as_somebody_writes_it(case: Dropping, stored: str, written: str) -> None:
    case.put(f"inbox/shop/{stored}")
    objects = NamedObjects(bucket="the-inbox", inbox=case.inbox, ownership=Ownership.of("ann"))
    assert objects.named("s3_key", f"inbox/shop/{written}", "ann").key == f"inbox/shop/{stored}"
    with pytest.raises(FieldError):
        objects.named("s3_key", f"inbox/shop/{written}", "bob")


@pytest.mark.parametrize(("stored", "written"), WRITTEN)
def test_the_video_of_a_key_is_found_as_somebody_writes_it(case: Dropping, stored: str, written: str) -> None:
    case.put(f"inbox/shop/{stored}")
    video = case.accepted(f"inbox/shop/{stored}", age=LATER)
    found = made_of(f"inbox/shop/{written}", case.store, case.inbox, "the-inbox")
    assert found is not None
    assert found.video_id == video.video_id


def test_in_normalized_form_it_is_found_after_the_file_is_gone(case: Dropping) -> None:
    case.put(NFD)
    video = case.accepted(NFD, age=LATER)
    case.inbox.bodies.clear()
    found = made_of(NFC, case.store, case.inbox, "the-inbox")
    assert found is not None
    assert found.video_id == video.video_id


def test_a_name_that_could_mean_two_files_means_none(case: Dropping) -> None:
    for name in ("A.png", "a.PNG"):
        case.put(f"inbox/shop/{name}")
    objects = NamedObjects(bucket="the-inbox", inbox=case.inbox, ownership=Ownership.of("ann"))
    assert objects.named("s3_key", "inbox/shop/A.png", "ann").key == "inbox/shop/A.png"
    with pytest.raises(FieldError, match=r"there is no “inbox/shop/a\.png”"):
        objects.named("s3_key", "inbox/shop/a.png", "ann")
    case.put("inbox/shop/job.json", {"files": ["a.png"]})
    assert isinstance(case.take("inbox/shop/job.json"), Waiting)
    assert isinstance(case.take("inbox/shop/A.png"), Waiting)


@pytest.mark.parametrize("name", ["batch.csv", "Batch.xlsx"])
@pytest.mark.parametrize(("stored", "written"), WRITTEN)
def test_a_row_of_the_inbox_itself_names_a_file_as_somebody_writes_it(
    case: Dropping, name: str, stored: str, written: str
) -> None:
    case.put(f"inbox/{stored}")
    case.put("inbox/other.png")
    if name.endswith("csv"):
        case.put(f"inbox/{name}", f"file\n{written}\n")
    else:
        case.inbox.bodies[f"inbox/{name}"] = _workbook("file", written)
    assert isinstance(case.take(f"inbox/{stored}"), Ignored)
    assert isinstance(case.take("inbox/other.png"), Waiting)


def _workbook(*cells: str) -> bytes:
    workbook, body = Workbook(), io.BytesIO()
    for row, cell in enumerate(cells, 1):
        workbook.active.cell(row, 1, cell)  # type: ignore[union-attr]
    workbook.save(body)
    return body.getvalue()


@pytest.mark.parametrize("note", [f"{NFC}.edit.txt", f"{NFC}.Edit.TXT"])
def test_an_edit_note_finds_the_video_of_its_file(case: Dropping, note: str) -> None:
    folder, name = NFD.rpartition("/")[0], note.rpartition("/")[2]
    case.put(NFD)
    video = case.accepted(NFD, age=LATER)
    case.put(f"{folder}/{name}", "Make it shorter.")
    taken = case.take(f"{folder}/{name}")
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
        ("a.png-edit.txt", "a.png.edit.txt"),
        ("a.png edit.txt", "a.png.edit.txt"),
        ("a.png.edit (1).txt", "a.png.edit.txt"),
        ("a.png (1).txt", "a.png.txt"),
        ("a.png .txt", "a.png.txt"),
        ("a.png - Copy.txt", "a.png.txt"),
        ("a.png (2).json", "a.png.json"),
        ("Copy of batch.csv", "batch.csv"),
        ("Kopie von job.json", "job.json"),
        ("batch - Kopie (2).csv", "batch.csv"),
    ],
)
def test_a_name_that_is_close_to_a_known_one_is_reported(case: Dropping, name: str, meant: str) -> None:
    case.put(f"inbox/shop/{name}", "file\na.png\n")
    assert isinstance(case.take(f"inbox/shop/{name}"), Waiting)
    problem = case.problem(f"inbox/shop/{name}", age=LATER)
    assert f"Did you mean “{meant}”?" in problem.advice


@pytest.mark.parametrize("name", ["orders.csv", "products.xlsx", "settings.json"])
def test_a_table_that_is_close_to_no_name_says_how_to_name_it(case: Dropping, name: str) -> None:
    case.put(f"inbox/shop/{name}", "1,2\n")
    assert "batch.csv" in case.problem(f"inbox/shop/{name}", age=LATER).advice


@pytest.mark.parametrize("sidecar", ["img_1.jpg.txt", "Img_1.txt", "img_1.JSON", "IMG_1.jpg.json"])
def test_a_sidecar_is_found_in_another_letter_case_of_its_stem(case: Dropping, sidecar: str) -> None:
    case.put("inbox/IMG_1.JPG")
    case.put(f"inbox/{sidecar}", '{"instruction": "Shine."}' if "json" in sidecar.lower() else "Shine.")
    assert case.accepted("inbox/IMG_1.JPG").instruction == "Shine."
    assert isinstance(case.take(f"inbox/{sidecar}"), Ignored)


def test_a_sidecar_in_another_letter_case_belongs_to_the_file_of_its_own_name(case: Dropping) -> None:
    for name in ("a.png", "A.png"):
        case.put(f"inbox/{name}")
    case.put("inbox/a.png.txt", "Shine.")
    assert case.accepted("inbox/a.png").instruction == "Shine."
    assert case.accepted("inbox/A.png", age=LATER).instruction == "The default."


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("a.png.txt.txt", "a.png.txt"),
        ("a.txt.txt", "a.txt"),
        ("A.TXT.TXT", "A.TXT"),
        ("a.png.json.txt", "a.png.json"),
        ("a.png.edit.txt.txt", "a.png.edit.txt"),
        ("batch.csv.txt", "batch.csv"),
        ("_defaults.json.txt", "_defaults.json"),
    ],
)
def test_an_ending_that_a_system_has_hidden_is_reported(case: Dropping, name: str, meant: str) -> None:
    case.put("inbox/shop/a.png")
    case.put(f"inbox/shop/{name}", "Shine.")
    assert isinstance(case.take(f"inbox/shop/{name}"), Waiting)
    assert f"Did you mean “{meant}”?" in case.problem(f"inbox/shop/{name}", age=LATER).advice


def test_a_text_beside_a_link_in_a_text_is_its_sidecar(case: Dropping) -> None:
    case.put("inbox/shop.txt", "https://shop.example/kettle")
    case.put("inbox/shop.txt.txt", "Shine.")
    assert isinstance(case.take("inbox/shop.txt.txt"), Ignored)
    assert case.accepted("inbox/shop.txt").instruction == "Shine."


@pytest.mark.parametrize("name", ["batch.xls", "Batch.ODS", "rows.xlsm", "batch.numbers", "batch.xlsb"])
def test_a_spreadsheet_of_another_format_says_how_to_save_it(case: Dropping, name: str) -> None:
    case.put(f"inbox/shop/{name}", "PK")
    problem = case.problem(f"inbox/shop/{name}")
    assert f"“{name}” is a spreadsheet in a format that the pipeline does not read" in problem.message
    assert "batch.xlsx" in problem.advice


@pytest.mark.parametrize("note", ["a.edit.txt", "A.Edit.TXT"])
def test_a_note_may_leave_out_the_ending_of_its_file(case: Dropping, note: str) -> None:
    case.put("inbox/shop/a.png")
    video = case.accepted("inbox/shop/a.png", age=LATER)
    case.put(f"inbox/shop/{note}", "Make it shorter.")
    taken = case.take(f"inbox/shop/{note}")
    assert isinstance(taken, Accepted)
    assert taken.video.video_id == video.video_id


def test_a_note_without_an_ending_that_could_mean_two_files_means_none(case: Dropping) -> None:
    for name in ("a.png", "a.jpg"):
        case.put(f"inbox/{name}")
        case.accepted(f"inbox/{name}", age=LATER)
    case.put("inbox/a.edit.txt", "Make it shorter.")
    assert "There is no video made of “a”" in case.problem("inbox/a.edit.txt", age=LATER).message


def test_a_list_of_addresses_is_not_paid_as_one_video(case: Dropping) -> None:
    case.put("inbox/shop.txt", "https://shop.example/a\nhttps://shop.example/b\n")
    problem = case.problem("inbox/shop.txt")
    assert problem.message == "“shop.txt” holds several addresses."
    assert "batch.csv" in problem.advice
