"""`python -m tests.awkward_media 500`: make random clips, and say what came out wrong."""

import sys
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.awkward_media.measuring import measure
from tests.awkward_media.members import member, watched, wrong


def main(count: int, first: int = 0) -> int:
    """Try as many members; return 1 if one of them came out wrong."""
    failed = 0
    for seed in range(first, first + count):
        clip = member(seed)
        with TemporaryDirectory() as folder:
            try:
                problems = wrong(clip, measure(clip.build(Path(folder)), watched(clip)))
            except Exception:  # noqa: BLE001 - whatever it is, it is what this looks for
                problems = [traceback.format_exc(limit=-4)]
        if problems:
            failed += 1
            print(f"{seed}: {clip}\n    " + "\n    ".join(problems), flush=True)  # noqa: T201 - a command's output
    print(f"{count} clips, {failed} wrong")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
