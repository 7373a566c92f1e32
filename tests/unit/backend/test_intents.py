from collections import Counter
from pathlib import Path

import pytest

from backend.formats import ENDINGS
from backend.intents import Intent, classify

Labelled = list[tuple[Intent, str]]


def _labelled(name: str) -> Labelled:
    lines = Path(__file__).with_name(name).read_text("utf-8").splitlines()
    return [(Intent(intent), sentence) for intent, sentence in (line.split("\t") for line in lines)]


LABELLED = _labelled("intents.tsv") + _labelled("intents_more.tsv")
# Never looked at while the tables were made: what a test of these finds is a measure.
UNSEEN = _labelled("intents_unseen.tsv")


@pytest.mark.parametrize(("intent", "sentence"), LABELLED)
def test_labelled_sentence(intent: Intent, sentence: str) -> None:
    assert classify(sentence) is intent


def test_the_labelled_set_is_large_and_balanced() -> None:
    sizes = Counter(intent for intent, _ in LABELLED)
    assert len(LABELLED) >= 400
    assert min(sizes[intent] for intent in Intent) >= 40
    assert sizes[Intent.MESSAGE] >= len(LABELLED) / 4


@pytest.mark.parametrize(("intent", "sentence"), LABELLED)
def test_case_width_and_punctuation_do_not_matter(intent: Intent, sentence: str) -> None:
    full_width = sentence.translate({code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)})
    assert classify(full_width) is intent
    assert classify(f"  {sentence.upper()} !!! ") is intent


@pytest.mark.parametrize("keyword", ["export", "Credits", "STATUS", "upload", "导出", "余额", "状态", "上传"])
@pytest.mark.parametrize("quoted", ['"{}"', "'{}'", "“{}”", "「{}」", "《{}》", "`{}`"])
def test_quoted_keyword_is_content(keyword: str, quoted: str) -> None:
    assert classify(quoted.format(keyword)) is Intent.MESSAGE
    assert classify(f"show {quoted.format(keyword)}") is Intent.MESSAGE


def test_quoted_name_is_what_an_export_or_upload_is_about() -> None:
    assert classify('export "city.mp4"') is Intent.EXPORT
    assert classify("上传《城市》") is Intent.UPLOAD


@pytest.mark.parametrize("keyword", ["export", "credits", "status", "upload", "导出", "积分", "状态", "上传"])
def test_keyword_within_an_edit_is_content(keyword: str) -> None:
    assert classify(f"make {keyword} bigger") is Intent.MESSAGE
    assert classify(f"{keyword} 放大") is Intent.MESSAGE


@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_every_accepted_file_is_known_by_its_name(ending: str) -> None:
    assert classify(f"Please upload photo.{ending}") is Intent.UPLOAD


@pytest.mark.parametrize("text", ["", "make it shorter", "export", "积分"])
def test_file_that_comes_along_is_uploaded(text: str) -> None:
    assert classify(text, has_file=True) is Intent.UPLOAD


@pytest.mark.parametrize("text", ["", "   ", "?!", "👍", "<file>", "\0"])
def test_text_without_words_is_a_message(text: str) -> None:
    assert classify(text) is Intent.MESSAGE


@pytest.mark.parametrize(("intent", "sentence"), [one for one in UNSEEN if one[0] is Intent.MESSAGE])
def test_no_unseen_edit_is_taken_for_a_command(intent: Intent, sentence: str) -> None:
    assert classify(sentence) is intent


def test_of_unseen_commands_few_reach_the_agent() -> None:
    missed = [sentence for intent, sentence in UNSEEN if classify(sentence) is not intent]
    assert len(missed) <= 0.04 * len(UNSEEN), missed


def test_a_third_of_the_new_sentences_was_never_looked_at() -> None:
    more = len(_labelled("intents_more.tsv")) + len(UNSEEN)
    assert more >= 600
    assert len(UNSEEN) >= more / 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("l\N{RIGHT SINGLE QUOTATION MARK}export", "l'export"),
        ("Téléchargez la vidéo", "TELECHARGEZ LA VIDEO"),
        ("¿CÓMO VA MI VÍDEO?", "como va mi video"),
        ("exportieren, bitte!", "EXPORTIEREN BITTE"),
        ("telechargr la video", "télécharger la vidéo"),
    ],
)
def test_accents_case_and_apostrophes_do_not_matter(one: str, other: str) -> None:
    assert classify(one) is classify(other) is not Intent.MESSAGE
