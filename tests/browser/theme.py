"""The colours that a browser asks for."""

from typing import Literal, TypeAlias

Theme: TypeAlias = Literal["light", "dark"]
