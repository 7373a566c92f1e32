"""Where figures are published: each command writes its own between two markers of a document."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BENCHMARKS = ROOT / "docs" / "benchmarks.md"
RELIABILITY = ROOT / "docs" / "reliability.md"


def write(section: str, text: str, document: Path = BENCHMARKS) -> None:
    """Put `text` in place of the section's old text, and print it.

    Raises:
        LookupError: The document has no such section.
    """
    begin, end = f"<!-- {section}: begin -->\n", f"<!-- {section}: end -->"
    whole = document.read_text()
    before, found, rest = whole.partition(begin)
    if not found or end not in rest:
        raise LookupError(f"{document.name} has no section {section}")
    document.write_text(f"{before}{begin}{text.rstrip()}\n{end}{rest.partition(end)[2]}")
    sys.stdout.write(text.rstrip() + "\n")


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
