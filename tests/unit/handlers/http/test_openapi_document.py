from handlers.http.app import document
from infra.local.stack import ROOT


def test_the_document_in_the_repository_is_the_one_that_is_served() -> None:
    assert (ROOT / "docs" / "openapi.json").read_text() == document() + "\n", "run: make openapi"
