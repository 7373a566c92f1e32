"""How a studio is set up."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """What can be chosen when a studio is started.

    Attributes:
        data_dir: folder of the uploaded media and the rendered videos.
        seed: decides which edits the agent makes in silence.
        work_seconds: how long the agent works on a message before it answers.
        late_write_seconds: how long after the stream closed music and titles are added to a generated draft.
        credits: what an anonymous account begins with (vendor skill document: 100).
        largest_upload: bytes (vendor skill document: 500 MB).
    """

    data_dir: Path
    seed: int = 0
    work_seconds: float = 0.4
    late_write_seconds: float = 0.3
    credits: int = 100
    largest_upload: int = 500 * 1000 * 1000
