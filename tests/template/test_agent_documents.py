"""What agents read, the skill and llms.txt: their form, their links and their commands."""

import re
import shlex

import click
import pytest
import skills_ref

from nemo_video.cli.main import cli
from tests.template.sam import ROOT
from tests.template.test_documents import anchors

SKILL = ROOT / "skills/nemo-video"
LLMS = ROOT / "llms.txt"
MOST_WORDS = 3_000  # the specification advises under 5,000 tokens


def test_the_skill_follows_the_specification() -> None:
    assert skills_ref.validate(SKILL) == []
    assert len((SKILL / "SKILL.md").read_text().split()) < MOST_WORDS


def test_a_link_in_the_skill_leads_to_a_heading() -> None:
    text = (SKILL / "SKILL.md").read_text()
    links = re.findall(r"]\(#([^)]+)\)", text)
    assert links
    assert set(links) <= set(anchors(text))


def test_llms_txt_has_the_form_of_llmstxt_org() -> None:
    head, *sections = re.split(r"^## .+$", LLMS.read_text(), flags=re.MULTILINE)
    title, summary, *details = [part for part in head.split("\n\n") if part.strip()]
    assert re.fullmatch(r"# .+", title)
    assert re.fullmatch(r"> .+", summary)
    assert not [line for part in details for line in part.splitlines() if line.startswith("#")]
    assert sections
    for section in sections:
        lines = [line for line in section.splitlines() if line]
        assert lines
        assert [line for line in lines if not re.fullmatch(r"- \[[^]]+]\([^)\s]+\)(: .+)?", line)] == []


@pytest.mark.parametrize("link", re.findall(r"]\(([^)]+)\)", LLMS.read_text()))
def test_a_link_in_llms_txt_leads_to_a_file(link: str) -> None:
    assert (ROOT / link).is_file()


def test_llms_txt_lists_every_document() -> None:
    listed = set(re.findall(r"]\((docs/[\w.]+)\)", LLMS.read_text()))
    for_people = {f"docs/{name}.md" for name in ("home_page", "watch_page", "studio", "gallery", "media")}
    documents = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")}
    assert documents - for_people <= listed


COMMANDS = re.findall(
    r"^(?:\w+=\$\(| +run: )?nemo-video (\w.*?)(?: \| .*)?$",
    (SKILL / "SKILL.md").read_text() + (ROOT / "recipes/github-actions.yml").read_text(),
    re.MULTILINE,
)


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_and_its_options_exist(words: str) -> None:
    name, *arguments = shlex.split(words)
    command = cli.commands[name]
    command.make_parser(click.Context(command)).parse_args(arguments)
