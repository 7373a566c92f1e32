"""Who is calling: the attribution headers without which the backend refuses exports with 402."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import PurePath
from typing import Self

from backend.assumptions import SKILL_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The `X-Skill-*` headers of every request (vendor skill document).

    Raises:
        ValueError: a field is empty or holds what a header cannot carry.
    """

    source: str = "generator-chrome-extension"
    version: str = SKILL_VERSION
    platform: str

    def __post_init__(self) -> None:
        for field in fields(self):
            value: str = getattr(self, field.name)
            if not (value.isascii() and value.isprintable() and value.strip()):
                raise ValueError(f"Attribution.{field.name} must be printable ASCII, not {value!r}")

    @classmethod
    def detect(cls, environ: Mapping[str, str], install_path: PurePath | str) -> Self:
        """Name the platform by where the skill is installed; `SKILL_SOURCE` in `environ` wins."""
        folders = {part.lower().lstrip(".") for part in PurePath(install_path).parts}
        detected = next((name for name in ("clawhub", "cursor") if name in folders), "unknown")
        return cls(platform=environ.get("SKILL_SOURCE") or detected)

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-Skill-Source": self.source,
            "X-Skill-Version": self.version,
            "X-Skill-Platform": self.platform,
        }
