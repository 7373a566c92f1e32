"""`python -m studio.render`: one job from standard input, JSON lines of progress or failure out.

The job is `{"draft", "media": {id: {"path", "kind", "name"}}, "output"}`, on one line.
"""

import json
import sys
import time
from pathlib import Path

from studio.errors import StudioError
from studio.isolation.bounds import Bounds

REPORT_EVERY_S = 0.2
# The studio ends a render earlier: this holds when the studio is gone. Encoders take most of the memory.
BOUNDS = Bounds(seconds=960, megabytes=6000, file_megabytes=2000)


def main() -> int:
    job = json.loads(sys.stdin.readline())
    BOUNDS.apply()
    # After the job is read: libraries that take long to load are the reason this is a process of its own.
    from studio.render.job import render  # noqa: PLC0415

    reported = 0.0

    def report(percentage: float) -> None:
        nonlocal reported
        now = time.monotonic()
        if now - reported >= REPORT_EVERY_S:
            reported = now
            _say({"progress": round(percentage, 1)})

    try:
        render(job, Path(job["output"]), report)
    except StudioError as error:
        _say({"error": f"The video could not be rendered: {error.message}"})
    except OSError as error:
        # What the system says of a file names its path, which is nobody's business.
        _say({"error": f"The video could not be stored: {error.strerror or type(error).__name__}."})
    except MemoryError:
        _say({"error": "The video could not be rendered: its media take more memory than there is."})
    else:
        return 0
    return 1


def _say(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - the protocol with the studio


if __name__ == "__main__":
    sys.exit(main())
