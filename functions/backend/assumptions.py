"""What this client takes for granted beyond the vendor's documents, all in one place.

Where the real service turns out to differ, this is the file to correct.

* HTTP statuses the documents do not list mean what they usually mean: 401 a bad token, 403 on an export
  "blocked", 404 the session or the render in the path, 413 a file too large, 5xx an unclear outcome.
* An error answered *instead of* a stream: 429, 503 with `Retry-After` and redirects mean that the message was
  not taken. 5xx and undocumented codes are unclear. Documented codes and other 4xx are refusals.
* A 403 or 404 whose body is a web page comes from a proxy or a firewall: it is not the backend's word.
* Typed `text` events are pieces of one running text; a full ADK event is a passage of its own.
* `partial` texts without the full event that must follow them: the stream was cut.
* `{"type": "error"}` and a non-zero `code` inside a stream are errors of the agent.
* A message may end with lines of material, quoted from a web page under a heading that says so: an agent that
  keeps to it makes the video of them, and takes no orders from them. Ours does (`studio`).
* A non-JSON event of the stream, such as `[DONE]`, says nothing and ends nothing.
* Times without a zone are UTC. A render's `progress` is percent.
"""

import re
from urllib.parse import urlsplit

from backend.models import RenderStatus

SKILL_VERSION = "0.1.0"
"""Sent as X-Skill-Version: the version of this project."""

ANONYMOUS_TOKEN_PREFIX = "nmv_usr_"  # noqa: S105 - how such a token begins, not a token
"""A token that begins so belongs to nobody registered: its owner has to register, not to top up."""

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

SERVER_FAULT_CODES = range(5000, 6000)
"""Undocumented envelope codes that read like HTTP's 5xx, "5003 system busy": the call may succeed later."""

RENDER_STATUSES: dict[RenderStatus, str] = {
    "pending": "pending queued queueing waiting created scheduled submitted accepted new starting",
    "processing": "processing running rendering in_progress progress started active encoding uploading",
    "completed": "completed complete succeeded success successful done finished ready ok",
    "failed": "failed failure fail error errored cancelled canceled aborted timeout timed_out rejected",
}
"""The first word of each is documented; the others are synonyms of common render services, in any case.

Any other status is a render that still runs.
"""

STATUS_NAMES = ("status", "state", "renderStatus", "render_status")
RENDER_ID_NAMES = ("id", "renderId", "render_id", "jobId", "job_id")
URL_NAMES = ("url", "outputUrl", "output_url", "videoUrl", "video_url", "downloadUrl", "download_url")
"""The fields that may hold a render's status, its id and its URL; the first of each is documented."""

USERDATA_PREFIX = "/mnt/userdata/"
"""A segment's `src` on the backend's own disk; a render needs the file's `cdn_url` instead (2026-11)."""

DRAFT_V3 = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<draft[\s>]", re.IGNORECASE)
"""How a Draft Protocol V3 begins: XML-like text instead of `t`, `tt`, `sg` (2026-11)."""

REFUSED_SITES = {
    "youtube.com": "YouTube",
    "youtu.be": "YouTube",
    "youtube-nocookie.com": "YouTube",
    "spotify.com": "Spotify",
    "spotify.link": "Spotify",
    "spoti.fi": "Spotify",
}
"""Sites whose addresses the backend refuses as material (skill 1.9, 2026-11), with the names people know."""


def refused_site(url: str) -> str | None:
    """Return the name of the refused site that an address belongs to, if it does."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:  # not an address at all, which others say better
        return None
    return next(
        (name for site, name in REFUSED_SITES.items() if host == site or host.endswith(f".{site}")), None
    )


ASPECT_CHANGE = re.compile(
    r"(?<![\d:.])(?:16\s?[:x/]\s?9|9\s?[:x/]\s?16|1\s?[:x/]\s?1|4\s?[:x/]\s?[35]|21\s?[:x/]\s?9)(?![\d:])"
    r"|aspect[\s-]ratio|\b(?:vertical|portrait|landscape|horizontal|square)\s(?:format|video|version|mode)\b"
    r"|\b(?:in|to|into|as)\s(?:a\s)?(?:vertical|portrait|landscape|square)\b"
    r"|竖屏|横屏|竖版|横版|豎屏|橫屏|宽高比|画幅|比例",
    re.IGNORECASE,
)
"""An edit that says so changes the aspect ratio. It is a generation: 100 credits, not 50 (skill 1.9)."""
