"""`job.json`: one video of several files of its folder, or a sequence of versions, one of each.

A file that a job names is no video of its own, unless it brings an instruction of its own. Whoever drops
both within the time that a file waits for such an instruction may do so in any order.
"""

import posixpath

from videos.inbox.drop import DropKind, kind_of
from videos.inbox.sidecars import UnreadableError, folders_of, small_file
from videos.model.errors import UnreadableFileError
from videos.model.media import InboxFile, Media, WebAddress
from videos.model.ports import Inbox
from videos.requests.folders import is_address, is_meant, named
from videos.requests.json_reader import json_object
from videos.requests.link_files import NoAddressError, address_in, with_scheme
from videos.requests.options import FieldError, JobRequest, read_request
from videos.requests.ownership import OWNER, Ownership, pinned

JOB_FILE = "job.json"


class MissingError(LookupError):
    """A file that the job names is not there. `name` is as the job has it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def read_job(file: InboxFile, body: bytes) -> JobRequest:
    """What a `job.json` says.

    Raises:
        UnreadableError: It makes no sense.
    """
    try:
        job = read_request(JobRequest, json_object(body))
        for entry in job.files:
            _key_of(entry.file, file)
    except FieldError as error:
        raise UnreadableError(f"“{file.name}” has an invalid field “{error.field}”: {error}") from error
    except ValueError as error:
        raise UnreadableError(f"“{file.name}” cannot be read: {error}.") from error
    return job


def media_named(name: str, job_file: InboxFile, inbox: Inbox) -> Media:
    """What an entry of a job stands for: an address, a file as it is now, or what a link file leads to.

    Raises:
        MissingError: There is no such file (yet).
        UnreadableError: It is a link without an address.
    """
    key = _key_of(name, job_file)
    if key is None:
        return WebAddress(url=with_scheme(name))
    if not Ownership().may_name(OWNER, key):
        raise MissingError(name)
    try:
        file = pinned(InboxFile(bucket=job_file.bucket, key=key), inbox)
    except FileNotFoundError as error:
        raise MissingError(name) from error
    if kind_of(key) is not DropKind.LINK:
        return file
    try:
        return WebAddress(url=address_in(file.name, small_file(file, inbox) or b""))
    except NoAddressError as error:
        raise UnreadableError(f"“{name}” is no link: {error}") from error


def job_that_names(file: InboxFile, inbox: Inbox) -> str | None:
    """The key of the job that the file is a part of.

    One that makes no sense may mean any file beside it: these wait until it does.
    """
    for folder in folders_of(file.key):
        for job_file in named(file, JOB_FILE, folder=folder, listing=inbox):
            if _names(job_file, file, folder, inbox):
                return job_file.key
    return None


def _names(job_file: InboxFile, file: InboxFile, folder: str, inbox: Inbox) -> bool:
    try:
        body = small_file(job_file, inbox)
        job = read_job(job_file, body) if body is not None else None
    except (UnreadableError, UnreadableFileError):
        return file.key == f"{folder}{file.name}"
    keys = (_key_of(entry.file, job_file) for entry in job.files) if job else ()
    return any(key is not None and is_meant(file, key, inbox) for key in keys)


def _key_of(name: str, job_file: InboxFile) -> str | None:
    """The key of a file of the job's folder; None for an address.

    Raises:
        FieldError: It is outside of the folder.
    """
    if is_address(name):
        return None
    folder = job_file.key.rpartition("/")[0] + "/"
    key = posixpath.normpath(folder + name)
    if not key.startswith(folder) or name.startswith("/"):
        raise FieldError("files", f"“{name}” is not in the folder of the job; put it there.")
    return key
