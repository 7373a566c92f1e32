"""Taking in what was dropped: it becomes a video, has to wait, or starts nothing, and then says why.

A file that does not say itself what is to be done with it waits for a file that does: until the patience of
the intake is over, counted from when it was dropped. Nothing is decided before, so that the two may come in
any order; nothing is remembered meanwhile, so that each check is the first. A video, once accepted, has its
full options.

Only the latest version of an object counts, and only once it has content. A file that was used as a part of a
manifest or a batch is marked, and stays one when that is deleted.
"""

import math
from collections import ChainMap
from dataclasses import dataclass
from datetime import datetime, timedelta

from videos.batches.batch import (
    BatchNotFoundError,
    BatchStore,
    BatchWorkflow,
    NewBatch,
    accept_batch,
    batch_id_for,
)
from videos.events.tags import BATCH_ID, VIDEO_ID, VIDEO_STATUS, mark_inputs, unmarked_line
from videos.inbox.batch_folders import looks_like_a_batch
from videos.inbox.batch_ownership import batch_around, is_owned_by
from videos.inbox.copies import Copies
from videos.inbox.did_you_mean import NOT_MEDIA, OTHER_SPREADSHEETS, UNKNOWN_NAME, did_you_mean
from videos.inbox.drop import (
    Accepted,
    AcceptedBatch,
    DropKind,
    Ignored,
    Taken,
    Waiting,
    idempotency_key_of,
    kind_of,
)
from videos.inbox.edit_notes import NothingToChangeError, accept_edit_note
from videos.inbox.logos import mark_logo, why_logo
from videos.inbox.manifests import MissingError, manifest_that_names, media_named, read_manifest
from videos.inbox.sidecars import (
    EmptySidecarError,
    UnreadableSidecarError,
    defaults_of,
    logo_name,
    sidecar_of,
    small_file,
    text_options,
)
from videos.lifecycle.edit import BusyError
from videos.lifecycle.submit import ConflictingRequestError, Submission, submit, video_id_for
from videos.model.errors import (
    FileGoneError,
    InvalidLinkError,
    InvalidRequestError,
    MissingFileError,
    RefusedError,
    UnreadableFileError,
    UnusableFileError,
    VideoNotFoundError,
)
from videos.model.media import Drop, InboxFile, Media, WebAddress
from videos.model.ports import Inbox, Tags, VideoLibrary, Workflow
from videos.model.records import Problem, Status
from videos.model.texts import decoded, shortened
from videos.model.video import Options, Planned, Webhook
from videos.requests.brand import with_logo
from videos.requests.commands import refuse_command
from videos.requests.folders import has_owner
from videos.requests.link_files import NoAddressError, TextLink, address_in, begins_with_address, link_in_file
from videos.requests.options import LONGEST_TITLE, ManifestRequest, PageInfo, RequestOptions
from videos.requests.ownership import INBOX, OWNER
from videos.steps.superseded import is_latest, latest_of, why_superseded

# When to check again, as shares of the patience; the last check decides.
_CHECKS = (1 / 12, 1 / 4, 7 / 12, 1)

# Then in shares of any longer wait, but as often as a queue can bring a message back.
_LONG_CHECKS = 12
_LONGEST_DELAY = 900

# An empty file waits for its content so many times as long: large files are written for minutes.
_EMPTY_PATIENCE = 15

# Somebody else asked for a version at the very moment; no reason to wait for long.
_BUSY_SECONDS = 5
# A note that finds no video so much later has outlived the one it was for.
_NOTE_LIVES = timedelta(days=1)

_SILENT = RequestOptions()


_NO_INPUT = {
    DropKind.NOTHING: "not meant as input: hidden, temporary, incomplete, or made by a system",
    DropKind.SIDECAR: "says what to do with the file beside it",
    DropKind.DEFAULTS: "says what to do with the files of its folder",
}


@dataclass(frozen=True)
class Intake:
    """Takes in drops. `patience` is how long a file waits for another that says what to do with it.

    `batch_patience` is how long the files of a folder wait that looks like a batch's. `ignored` are patterns
    of names and folders that are not input in this stack. With `copies_count`, a copy of an object onto
    itself is a drop like any other.
    """

    store: VideoLibrary
    inbox: Inbox
    workflow: Workflow
    tags: Tags
    batches: BatchStore
    batch_workflow: BatchWorkflow
    default_instruction: str
    keep_days: int
    patience: timedelta
    batch_patience: timedelta
    ignored: tuple[str, ...] = ()
    copies_count: bool = False

    def take(self, drop: Drop, *, now: datetime) -> Taken:
        """Look at a drop. The same one taken twice is one video, the same as the first time."""
        kind = kind_of(drop.file.key, self.ignored)
        if reason := _NO_INPUT.get(kind):
            return Ignored(reason)
        if kind is not DropKind.BATCH and (accepted := self._accepted_before(drop)):
            return accepted
        if self.store.deleted(_id_of(drop)) is not None:
            return Ignored("its video was deleted")
        try:
            return self._set_aside(drop, kind, now) or self._look(drop, kind, now)
        except UnreadableSidecarError as error:
            if isinstance(error, EmptySidecarError) and (wait := self._wait(drop, now)):
                return wait
            advice = f"Correct it, then drop “{drop.file.name}” again."
            problem = InvalidRequestError(str(error), advice=advice).problem
        except RefusedError as error:
            problem = error.problem
        return self._refuse(drop, problem, now)

    def _set_aside(self, drop: Drop, kind: DropKind, now: datetime) -> Taken | None:
        """Take in a drop that does not count, or not yet: see `superseded`, `copies`, and empty files."""
        latest = latest_of(drop.file, self.inbox)
        counts = latest is not None and is_latest(drop.file, latest)
        marks = self.tags.marks(drop.file)
        if part_of := self._batch_with(drop.file, marks) or self._made_with(drop.file, marks):
            return Ignored(f"part of {part_of}")
        copied = None if self.copies_count else self._copies.find(drop, marks)
        if latest is None or (not counts and kind is not DropKind.EDIT):  # each version of a note is a note
            superseded = why_superseded(drop.file, latest)
            return copied if isinstance(copied, Ignored) else self._superseded(drop, kind, superseded, now)
        if copied is not None or (latest.size if counts else self._size(drop.file)) != 0:
            return copied
        if not counts:
            return Ignored("empty, and written again since")
        return self._wait(drop, now, _EMPTY_PATIENCE * self.patience, "empty: its content may follow")

    @property
    def _copies(self) -> Copies:
        return Copies(store=self.store, batches=self.batches, inbox=self.inbox, tags=self.tags)

    def _superseded(self, drop: Drop, kind: DropKind, problem: Problem, now: datetime) -> Taken:
        """A video that ends as superseded; nothing where there would have been no video of it."""
        is_table = kind is DropKind.MEDIA and drop.file.name.lower().endswith(NOT_MEDIA)
        is_none = kind in {DropKind.BATCH, DropKind.EDIT} or is_table or self._is_mere_text(drop.file)
        if is_none or self._size(drop.file) == 0:
            return Ignored(problem.message)
        return self._refuse(drop, problem, now)

    def _is_mere_text(self, file: InboxFile) -> bool:
        if not file.name.lower().endswith(".txt"):
            return False
        try:
            body = small_file(file, self.inbox) or b""
        except (UnreadableSidecarError, UnreadableFileError):
            return True
        is_sidecar = not begins_with_address(decoded(body)) and has_owner(file, self.inbox)
        return is_sidecar or link_in_file(body) is None

    def _size(self, file: InboxFile) -> int | None:
        try:
            return self.inbox.describe(file).size
        except (FileNotFoundError, PermissionError):
            return None  # it was removed for good, or cannot be read

    def _batch_with(self, file: InboxFile, marks: dict[str, str]) -> str | None:
        """The batch of which the file is material, unless it was moved away: S3 copies tags, too."""
        batch_id = marks.get(BATCH_ID)
        if batch_id is None:
            return None
        try:
            batch = self.batches.batch(batch_id)
        except BatchNotFoundError:  # not accepted yet, or expired
            return batch_id
        return batch_id if is_owned_by(file, batch.file, self.inbox) else None

    def _made_with(self, file: InboxFile, marks: dict[str, str]) -> str | None:
        """The video of which the file is a part: it stays one when its manifest is deleted."""
        try:
            made = self.store.video(marks[VIDEO_ID])
        except (KeyError, VideoNotFoundError):
            return None
        _, *parts = made.dropped_files or (None,)
        return made.video_id if file in parts else None

    def _look(self, drop: Drop, kind: DropKind, now: datetime) -> Taken:
        match kind:
            case DropKind.BATCH:
                return self._batch(drop, now)
            case DropKind.EDIT:
                return self._note(drop, now)
            case DropKind.MANIFEST:
                return self._job(drop, now)
            case DropKind.LINK:
                return self._link(drop, now)
            case _ if drop.file.name.lower().endswith(NOT_MEDIA):
                return self._near_miss(drop, now)
            case _:
                return self._file(drop, (drop.file,), self._own_options(drop), now)

    def _near_miss(self, drop: Drop, now: datetime) -> Taken:
        """Take in a table or JSON: a sidecar of a file that may be still to come, or a mistake."""
        if drop.file.name.lower().endswith(".json") and has_owner(drop.file, self.inbox):
            return Ignored(_NO_INPUT[DropKind.SIDECAR])
        if drop.file.name.lower().endswith(OTHER_SPREADSHEETS):
            raise UnusableFileError(
                f"“{drop.file.name}” is a spreadsheet in a format that the pipeline does not read.",
                advice="Save it as “batch.xlsx” or “batch.csv”, and drop that in the same folder.",
            )
        if wait := self._wait(drop, now):
            return wait
        meant = did_you_mean(drop.file.name)
        raise UnusableFileError(
            f"“{drop.file.name}” is not a file that the pipeline knows.",
            advice=f"Did you mean “{meant}”? Rename it and drop it again." if meant else UNKNOWN_NAME,
        )

    def _accepted_before(self, drop: Drop) -> Accepted | None:
        try:
            video = self.store.video(_id_of(drop))
        except VideoNotFoundError:
            return None
        if video.running:  # heals a crash between remembering a video and starting it
            self.workflow.start(video.ref)
        return Accepted(video)

    def _own_options(self, drop: Drop) -> RequestOptions | None:
        try:
            instruction = (self.inbox.describe(drop.file).instruction or "").strip()
        except (FileNotFoundError, PermissionError):
            return None  # the workflow finds out, and says so
        return text_options("The object's metadata", instruction) if instruction else None

    def _file(
        self,
        drop: Drop,
        media: tuple[Media, ...],
        own: RequestOptions | None,
        now: datetime,
        *,
        words: RequestOptions = _SILENT,
    ) -> Taken:
        """Take in one file. `words` is what its content says, where its metadata and sidecars do not."""
        options = own or sidecar_of(drop.file, self.inbox)
        if options is None and words.instruction is None:
            if manifest := manifest_that_names(drop.file, self.inbox):
                return Ignored(f"part of {manifest}")
            if batch := batch_around(drop.file, self.inbox):
                self._mark_material(drop.file, batch)
                return Ignored(f"part of {batch.key}")
            if wait := self._wait(drop, now):
                return wait
            if reason := why_logo(drop.file, self.inbox, self.tags):
                return Ignored(reason)
            if wait := self._wait_for_a_batch(drop, now):
                return wait
        said = RequestOptions.model_validate(_said_by(words) | _said_by(options or _SILENT))
        return self._accept(drop, media, said, now)

    def _mark_material(self, file: InboxFile, batch: InboxFile) -> None:
        """Let the file be material for good, so that deleting the batch file makes no videos of it."""
        latest = latest_of(batch, self.inbox)
        if latest is not None and latest.size:
            pinned = batch.model_copy(update={"version_id": latest.version_id})
            marks = {BATCH_ID: batch_id_for(idempotency_key_of(pinned)), VIDEO_STATUS: "batch"}
            self.tags.mark(file, marks)

    def _logo(self, name: str, holder: InboxFile, drop: Drop, now: datetime) -> Media | Waiting:
        """Return the logo that a file names, or a wait for it."""
        try:
            logo = media_named(name, holder, self.inbox)
        except MissingError as error:
            if wait := self._wait(drop, now):
                return wait
            folder = holder.key.rpartition("/")[0].removeprefix(INBOX)
            raise MissingFileError(
                f"The logo “{name}” is not in the folder “{folder}”.",
                advice=f"Drop the logo there, then “{drop.file.name}” again.",
            ) from error
        if isinstance(logo, InboxFile):
            if self._size(logo) == 0 and (wait := self._wait(drop, now)):
                return wait
            mark_logo(logo, self.tags)
        return logo

    def _wait_for_a_batch(self, drop: Drop, now: datetime) -> Waiting | None:
        wait = self._wait(drop, now, self.batch_patience, "dropped together with others: a batch may follow")
        if wait is None or not looks_like_a_batch(
            drop, self.inbox, within=self.patience, ignored=self.ignored
        ):
            return None
        if self.tags.marks(drop.file).get(VIDEO_STATUS) != "waiting":
            self.tags.mark(drop.file, {VIDEO_STATUS: "waiting"})
        return wait

    def _link(self, drop: Drop, now: datetime) -> Taken:
        if drop.file.key.lower().endswith(".txt"):
            return self._text(drop, now)
        try:
            address = address_in(drop.file.name, small_file(drop.file, self.inbox) or b"")
        except (NoAddressError, UnreadableSidecarError) as error:
            advice = "Drag the link out of the browser again, or drop a text file that contains only the URL."
            raise InvalidLinkError(
                f"“{drop.file.name}” is not a valid link: {error}", advice=advice
            ) from error
        return self._file(drop, (WebAddress(url=address),), self._own_options(drop), now)

    def _text(self, drop: Drop, now: datetime) -> Taken:
        """A text: a link, a sidecar, something close to an edit note, or nothing."""
        try:
            body = small_file(drop.file, self.inbox) or b""
        except UnreadableSidecarError:
            body = b""
        link = link_in_file(body)
        if link is not None and begins_with_address(decoded(body)):
            return self._text_link(drop, link, now)
        if has_owner(drop.file, self.inbox):
            return Ignored(_NO_INPUT[DropKind.SIDECAR])
        meant = did_you_mean(drop.file.name)
        if meant is None and link is None:
            return Ignored("a text that is not about one address, beside no file of its name")
        if wait := self._wait(drop, now):
            return wait
        if meant is None and link is not None:
            return self._text_link(drop, link, now)
        raise UnusableFileError(
            f"“{drop.file.name}” is not a file that the pipeline knows.",
            advice=f"Did you mean “{meant}”? Rename it and drop it again.",
        )

    def _text_link(self, drop: Drop, link: TextLink, now: datetime) -> Taken:
        if begins_with_address(link.below):
            raise _several_addresses(drop.file.name)
        words = text_options(drop.file.name, link.instruction) if link.instruction else _SILENT
        if link.title:
            words = words.model_copy(update={"page": PageInfo(title=shortened(link.title, LONGEST_TITLE))})
        return self._file(drop, (WebAddress(url=link.address),), self._own_options(drop), now, words=words)

    def _job(self, drop: Drop, now: datetime) -> Taken:
        body = small_file(drop.file, self.inbox)
        if body is None:
            raise FileGoneError("“job.json” is no longer in the inbox.", advice="Drop it again.")
        manifest = read_manifest(drop.file, body)
        try:
            media = tuple(media_named(entry.file, drop.file, self.inbox) for entry in manifest.files)
        except MissingError as error:
            if wait := self._wait(drop, now):
                return wait
            message = f"“{error.name}”, which “job.json” names, is not in its folder."
            advice = "Drop what is missing, then “job.json” again."
            raise MissingFileError(message, advice=advice) from error
        is_empty = any(isinstance(item, InboxFile) and self._size(item) == 0 for item in media)
        if is_empty and (wait := self._wait(drop, now)):
            return wait
        return self._accept(drop, media, manifest, now)

    def _batch(self, drop: Drop, now: datetime) -> Taken:
        idempotency_key = idempotency_key_of(drop.file, drop.sequencer)
        new = NewBatch(idempotency_key=idempotency_key, owner=OWNER, source="inbox", file=drop.file)
        try:
            batch = accept_batch(
                new, store=self.batches, workflow=self.batch_workflow, keep_days=self.keep_days, now=now
            )
        except ConflictingRequestError:
            return Ignored("this batch was already submitted over the API")
        if batch.created_at != now:
            return Ignored(f"accepted before, as {batch.batch_id}")
        return AcceptedBatch(batch)

    def _note(self, drop: Drop, now: datetime) -> Taken:
        try:
            taken = accept_edit_note(
                drop, patience=self.patience, store=self.store, inbox=self.inbox, workflow=self.workflow
            )
        except BusyError:
            return Waiting(_BUSY_SECONDS)
        except NothingToChangeError as error:
            if wait := self._wait(drop, now):
                return wait
            if now - drop.at > _NOTE_LIVES:
                return Ignored(str(error))
            raise
        if isinstance(taken, Accepted):
            unmarked = self.tags.mark(drop.file, {VIDEO_ID: taken.video.video_id})
            if unmarked is not None:
                self.store.note(taken.video.video_id, unmarked_line(drop.file, unmarked))
        return taken

    def _wait(
        self, drop: Drop, now: datetime, until: timedelta | None = None, reason: str = Waiting.reason
    ) -> Waiting | None:
        """Wait for the next check, if one is left until so long after the drop, by default the patience."""
        age, checks = now - drop.at, [share * self.patience for share in _CHECKS]
        until = self.patience if until is None else until
        if until > self.patience:
            checks += [until * number / _LONG_CHECKS for number in range(1, _LONG_CHECKS + 1)]
        left = [check for check in checks if age < check <= until]
        if not left:
            return None
        return Waiting(min(math.ceil((min(left) - age).total_seconds()), _LONGEST_DELAY), reason)

    def _accept(
        self, drop: Drop, media: tuple[Media, ...], said: RequestOptions, now: datetime
    ) -> Accepted | Waiting:
        defaults_file, defaults = defaults_of(drop.file, self.inbox) or (drop.file, _SILENT)
        given = _merged(_said_by(defaults), _said_by(said))
        logo: Media | Waiting | None = None
        for holder, options in ((drop.file, said), (defaults_file, defaults)):
            if logo is None and (name := logo_name(options)) is not None:
                logo = self._logo(name, holder, drop, now)
        if isinstance(logo, Waiting):
            return logo
        instruction = str(given.get("instruction", self.default_instruction))
        sequence = _sequence(said, media, instruction)
        for text in {instruction, *(planned.instruction for planned in sequence)}:
            refuse_command(text)
        wanted = {name: value for name, value in given.items() if name in Options.model_fields}
        return self._submit(
            Submission(
                idempotency_key=idempotency_key_of(drop.file, drop.sequencer),
                owner=OWNER,
                source="inbox",
                dropped=drop,
                instruction=instruction,
                media=media,
                sequence=sequence,
                options=with_logo(wanted, logo),
                webhook=_webhook(given),
                metadata=given.get("metadata"),  # type: ignore[arg-type]
            ),
            now,
        )

    def _refuse(self, drop: Drop, problem: Problem, now: datetime) -> Accepted:
        """A video that fails in its first step, and is announced like any other that does."""
        return self._submit(
            Submission(
                idempotency_key=idempotency_key_of(drop.file, drop.sequencer),
                owner=OWNER,
                source="inbox",
                dropped=drop,
                instruction=f"As “{drop.file.name}” says.",
                media=(drop.file,),
                problem=problem,
            ),
            now,
        )

    def _submit(self, submission: Submission, now: datetime) -> Accepted:
        video_id = video_id_for(submission.idempotency_key)
        # Before anything can end, so that this mark never comes after the last one.
        unmarked = mark_inputs(submission.dropped_files, video_id, Status.QUEUED, self.tags)
        try:
            video = submit(
                submission, store=self.store, workflow=self.workflow, keep_days=self.keep_days, now=now
            )
        except ConflictingRequestError:  # two deliveries at once, which saw other files: the first counts
            video = self.store.video(video_id)
        for line in unmarked:
            self.store.note(video_id, line)
        return Accepted(video)


def _several_addresses(name: str) -> InvalidLinkError:
    return InvalidLinkError(
        f"“{name}” holds several addresses.",
        advice="Drop one file for each, or list them in a “batch.csv” with a column “url”.",
    )


def _id_of(drop: Drop) -> str:
    return video_id_for(idempotency_key_of(drop.file, drop.sequencer))


def _said_by(given: RequestOptions) -> dict[str, object]:
    return given.model_dump(include=set(RequestOptions.model_fields), exclude_unset=True, exclude_none=True)


def _merged(far: dict[str, object], near: dict[str, object]) -> dict[str, object]:
    """Return what two files say, field by field: the nearer one counts, also within a brand."""
    brands = [brand for given in (near, far) if isinstance(brand := given.get("brand"), dict)]
    return far | near | ({"brand": dict(ChainMap(*brands))} if brands else {})


def _webhook(given: dict[str, object]) -> Webhook | None:
    if "callback_url" not in given:
        return None
    return Webhook.model_validate(
        {
            "url": given["callback_url"],
            "on_start": given.get("callback_on_start", False),
            "on_progress": given.get("callback_on_progress", False),
        }
    )


def _sequence(said: RequestOptions, media: tuple[Media, ...], instruction: str) -> tuple[Planned, ...]:
    if not isinstance(said, ManifestRequest) or said.mode != "sequence":
        return ()
    return tuple(
        Planned(instruction=entry.instruction or instruction, media=(item,))
        for entry, item in zip(said.files, media, strict=True)
    )
