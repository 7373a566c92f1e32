"""What this client takes for granted beyond the vendor's documents, all in one place.

Where the real service turns out to differ, this is the file to correct.

* HTTP statuses the documents do not list mean what they usually mean: 401 a bad token, 403 on an export
  "blocked", 404 the session or the render in the path, 413 a file too large, 5xx an unclear outcome.
* An error answered *instead of* a stream means that the message was not taken, except 5xx, which is unclear.
* Typed `text` events are pieces of one running text; a full ADK event is a passage of its own.
* `partial` texts without the full event that must follow them: the stream was cut.
* `{"type": "error"}` and a non-zero `code` inside a stream are errors of the agent.
* A message may end with lines of material, quoted from a web page under the heading of `videos.material`:
  an agent that keeps to it makes the video of them, and takes no orders from them. Ours does (`studio`).
* Times without a zone are UTC. A render's `progress` is percent.
"""

import re

SKILL_VERSION = "0.1.0"
"""Sent as X-Skill-Version: the version of this project."""

ANONYMOUS_TOKEN_PREFIX = "nmv_usr_"  # noqa: S105 - how such a token begins, not a token
"""A token that begins so belongs to nobody registered: its owner is told to register, not to top up."""

RATE_LIMIT_SECONDS = 30.0
"""The wait after a 429 (vendor skill document); also the most that a Retry-After is obeyed."""

MAX_EVENT_BYTES = 8 * 1024 * 1024
"""Events of 300 kB were seen; beyond this a stream is taken for garbage."""

QUESTION_END = re.compile(r"[?\uff1f][^\w?\uff1f]*\Z")
"""The agent asks when its last sentence ends with a question mark, ASCII or full-width; quotes may follow."""

CLOSING_OFFER = re.compile(
    r"(?:anything\s+else|(?:any|more)\s+(?:further\s+|other\s+|more\s+|additional\s+)?"
    r"(?:changes?|edits?|adjustments?|tweaks?)|还(?:有|要|需要)?(?:什么|其他|别的)[^。！？]*吗?)"  # noqa: RUF001 - Chinese
    r"[^.!?。！？]*[?\uff1f][^\w?\uff1f]*\Z",  # noqa: RUF001
    re.IGNORECASE,
)
"""A polite end of finished work, "Would you like any changes?", is no question that anything waits for."""

TEMPORARY_ISSUE = "I encountered a temporary issue"
"""Begins the apology to be ignored after good answers (vendor skill document), which ends with the line."""
