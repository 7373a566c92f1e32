"""Where the program finds the address of the API and the key."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_config_path

from nemo_video.errors import SettingsError
from nemo_video.rules import API_VARIABLE, KEY_VARIABLE, base_of


@dataclass(frozen=True)
class Found:
    """The settings, and where each comes from. The key is not shown by `repr`."""

    api: str | None
    api_from: str
    key: str | None
    key_from: str

    def __repr__(self) -> str:
        return f"Found(api={self.api!r}, api_from={self.api_from!r}, key_from={self.key_from!r})"


def path() -> Path:
    """Return the file that `nemo-video login` writes."""
    return user_config_path("nemo-video", appauthor=False) / "config.json"


def find(api: str | None, key: str | None) -> Found:
    """Return the settings: of the options, else of the environment, else of the file.

    The key of the file is used for the address of the file only. So it is never sent to another host.

    Raises:
        SettingsError: The file cannot be read.
    """
    api, api_from = _first((api, "--api"), (os.environ.get(API_VARIABLE), API_VARIABLE))
    key, key_from = _first((key, "--key"), (os.environ.get(KEY_VARIABLE), KEY_VARIABLE))
    if api is None or key is None:
        saved_api, saved_key = _saved()
        if api is None:
            api, api_from = _first((saved_api, str(path())))
        if key is None and api is not None and saved_api and base_of(api) == base_of(saved_api):
            key, key_from = _first((saved_key, str(path())))
    return Found(api, api_from, key, key_from)


def _first(*choices: tuple[str | None, str]) -> tuple[str | None, str]:
    return next(((value, origin) for value, origin in choices if value), (None, "nowhere"))


def _saved() -> tuple[str | None, str | None]:
    try:
        saved = json.loads(path().read_text(encoding="utf-8"))
        return str(saved["api"]), str(saved["key"])
    except FileNotFoundError:
        return None, None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{path()} cannot be read. Run: nemo-video login") from error


def save(api: str, key: str) -> Path:
    """Write the file, for its owner alone. Return its path."""
    target = path()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({"api": api, "key": key}, file, indent=2)
        file.write("\n")
    part.replace(target)
    return target


def remove() -> bool:
    """Delete the file. Return whether there was one."""
    existed = path().exists()
    path().unlink(missing_ok=True)
    return existed
