"""What holds of every video, whatever goes wrong."""

from tests.faults.pipeline import End
from videos.model.records import Stage, Status


def broken_promises(end: End) -> list[str]:
    """Name the promises that were not kept."""
    script, status, version = end.script, end.video.status, end.version
    ends = [line for line in end.video.history if line.stage is Stage.ENDED]
    event, mail = end.announcements[0], end.mails[0]
    execution_status = "FAILED" if status is Status.FAILED else "SUCCEEDED"
    has_captions = version.delivered is not None and version.delivered.captions_key is not None
    stored = ["poster.jpg", "video.json", "video.mp4"] if status is Status.READY else []
    stored = ["captions.vtt", *stored] if has_captions and stored else stored
    promises = {
        "a video has one session": len(script.sessions) == 1,
        "a message is posted at most once": len(script.messages) <= 1,
        "there are at most two renders": len(script.started_renders) <= 2,
        "no two renders run at once": script.renders_at_once <= 1,
        "no render is orphaned": not any(render.runs for render in script.started_renders),
        "a video ends once": len(ends) == 1,
        "the version ends as the video does": version.ended is not None and version.ended.status is status,
        "the workflow ends as the video does": end.execution_status == execution_status,
        "an end is announced once": len(end.announcements) == 1,
        "an announcement has a stable id": event["id"] == f"{version.ref.execution_name}-{status}",
        "the announcement says what happened": event["message"] == end.video.message,
        "and what to do, unless all is well": bool(event["advice"]) == (status is not Status.READY),
        "and that once": mail.count("https://nemovideo.com/register") <= 1,
        "an end is mailed once": len(end.mails) == 1,
        **{f"an end is posted to {name} once": len(posts) == 1 for name, posts in end.posts.items()},
        "an end is put on the event bus once": len(end.bus_events) == 1,
        "the mail says what happened": end.video.message in mail,
        "a video is stored whole or not at all": end.stored == stored,
    }
    return [promise for promise, is_kept in promises.items() if not is_kept]
