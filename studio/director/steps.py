# ruff: noqa: RUF001 - Chinese punctuation
"""A message that asks for several things in order, as numbered lines."""

import re

_IN_ORDER = re.compile(
    r"\bone (?:after|by) (?:the other|one|another)\b|\bsteps?\b|\bin (?:this|that|the following) order\b"
    r"|依次|按(?:照)?(?:以下)?顺序|以下步骤",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^\s*\d{1,2}[.)、]\s*(\S.*)$")


def steps(instruction: str) -> tuple[str, ...]:
    """What is asked for, one after the other; the instruction itself where it does not say so.

    What stands above the numbered lines says how the video came to be, what stands below is the last step.
    """
    lines = instruction.splitlines()
    numbered = [index for index, line in enumerate(lines) if _NUMBERED.match(line)]
    if not numbered or not _IN_ORDER.search(lines[max(numbered[0] - 1, 0)]):
        return (instruction,)
    found = [match[1] for line in lines if (match := _NUMBERED.match(line))]
    below = [
        line for line in lines[numbered[-1] + 1 :] if line.strip() and not line.rstrip().endswith((":", "："))
    ]
    return (*found, *(["\n".join(below)] if below else []))
