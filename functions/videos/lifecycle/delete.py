"""Removing a video with all that belongs to it: its inputs, its versions, its records."""

from videos.lifecycle.edit import BusyError
from videos.model.media import InboxFile
from videos.model.ports import Deleter, VideoLibrary
from videos.model.version import Version
from videos.model.video import Video
from videos.requests.folders import EDIT_ENDING
from videos.requests.ownership import INBOX, owns_upload
from videos.steps.outbox import outbox_files, place_of

# The files about a dropped file are beside it: its key and one of these endings.
_BESIDE = (".txt", ".json", EDIT_ENDING)


def delete_with_files(video: Video, *, store: VideoLibrary, inbox: Deleter, storage: Deleter) -> None:
    """Delete a video, its files and, last, its records. Call it again to continue an interrupted deletion.

    Only the dropped version of a file is deleted: another version is another video.
    The notes beside it are deleted with the newest video. Results in the outbox are kept if they are a newer
    video's. An upload is deleted whole. An object that a request only named is kept.

    Raises:
        BusyError: A version is under way or waits, or its end is still being announced or paid for.
    """
    versions = store.versions(video.video_id)
    if video.running or video.waiting or not all(_is_over(version) for version in versions):
        raise BusyError
    for file in _own_files(video):
        inbox.remove_versions(file)
        newest = store.made_of(file.key)
        if file.key.startswith(INBOX) and newest is not None and newest.video_id == video.video_id:
            for ending in _BESIDE:
                inbox.remove_versions(InboxFile(bucket=file.bucket, key=file.key + ending))
    place = place_of(video)
    if place is not None and not _has_newer_result(video, place, store):
        for file in outbox_files(video):
            inbox.remove_versions(file)
    storage.remove_below(f"videos/{video.video_id}/")
    if not store.remove(video, versions):
        raise BusyError


def _is_over(version: Version) -> bool:
    paid = version.reservation is None or version.charge is not None
    return version.announced is not None and paid


def _has_newer_result(video: Video, place: str, store: VideoLibrary) -> bool:
    newest = store.made_of(place)
    if newest is None or newest.video_id == video.video_id:
        return False
    return any(version.delivered for version in store.versions(newest.video_id))


def _own_files(video: Video) -> list[InboxFile]:
    dropped = video.dropped_files
    files = [item for item in video.media if isinstance(item, InboxFile)]
    return [*dropped, *(file for file in files if file not in dropped and owns_upload(video.owner, file.key))]
