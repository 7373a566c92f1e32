"""What a holder of a change link sees on the watch page."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from videos.events.announcements import question_of
from videos.events.signed_links import CHANGE, ChangeLink, download_url, poster_url, watch_url
from videos.lifecycle.exports import unrendered
from videos.model.records import Status
from videos.model.redaction import without_secrets
from videos.model.version import Version, editor_link
from videos.model.video import Video
from watch_page.pages import ChangeView, ProgressView, VersionView

STATE_FILE = "state.json"
"""How far the newest version is. It needs the change link."""
BESIDE = ".."
"""Relative URL of this stack, which works for every host name that a visitor uses."""


def change_view(
    video: Video, versions: Sequence[Version], link: ChangeLink, *, shown: int | None
) -> ChangeView:
    """Return what the page shows beside the video; `shown` is the number of the version that plays."""
    newest = versions[-1]
    permission = urlencode({CHANGE: link.token})

    def action(name: str) -> str:
        return f"{BESIDE}/watch/{quote(video.video_id)}/{name}?{permission}"

    return ChangeView(
        video_id=video.video_id,
        page_key=secrets.token_urlsafe(18),
        newest=newest.number,
        state_url=action(STATE_FILE),
        estimate_url=action("estimate"),
        changes_url=action("changes"),
        deletion_url=action("deletion"),
        share_url=watch_url(BESIDE, video),
        until=datetime.fromtimestamp(link.expires, UTC).date(),
        question=_question_of(video, newest),
        problem=without_secrets(video.message) if video.status is Status.FAILED else None,
        can_export=not video.running and unrendered(video, versions) is not None,
        progress=ProgressView(video.progress, without_secrets(video.message)) if video.running else None,
        editor_url=editor_link(versions, datetime.now(UTC)),
        versions=tuple(
            _version_view(video, version, permission, is_shown=version.number == shown)
            for version in reversed(versions)
            if version.delivered is not None
        ),
    )


def _version_view(video: Video, version: Version, permission: str, *, is_shown: bool) -> VersionView:
    return VersionView(
        number=version.number,
        instruction=without_secrets(version.instruction),
        changes=tuple(map(without_secrets, version.timeline.changes)) if version.timeline else (),
        is_shown=is_shown,
        page_url=f"{watch_url(BESIDE, video)}&version={version.number}&{permission}",
        download_url=download_url(BESIDE, video, version.number),
        poster_url=poster_url(BESIDE, video, version.number),
    )


def _question_of(video: Video, newest: Version) -> str | None:
    return without_secrets(video.message) if video.status is Status.NEEDS_ANSWER else question_of(newest)
