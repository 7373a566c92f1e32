"""Where the parts of a running embedded cloud are, for other programs and for a shell."""

import shlex
from pathlib import Path

from pydantic import BaseModel

from infra.local.access import Access


class Endpoints(BaseModel):
    """Addresses, names and the credentials of this machine's own cloud."""

    aws_endpoint_url: str
    region: str
    access_key_id: str
    secret_access_key: str
    inbox_bucket: str
    videos_bucket: str
    videos_table: str
    batches_table: str
    api_keys_table: str
    generation_queue_url: str
    recover_function: str
    sweep_function: str
    topic_arn: str
    state_machine_arn: str
    api_url: str
    api_key: str
    nemo_api_url: str
    mailbox_dir: Path

    @property
    def access(self) -> Access:
        """The way to the cloud's services."""
        return Access(
            endpoint_url=self.aws_endpoint_url,
            region=self.region,
            access_key_id=self.access_key_id,
            secret_access_key=self.secret_access_key,
        )

    def write(self, path: Path) -> None:
        """Write two files for their owner alone: JSON at `path`, and beside it `.env` for a shell.

        The JSON comes last, because it says that the cloud is ready.
        """
        _write_private(path.with_suffix(".env"), self._shell_variables())
        _write_private(path, self.model_dump_json(indent=2) + "\n")

    @staticmethod
    def remove(path: Path) -> None:
        """Remove both files."""
        for file in (path, path.with_suffix(".env")):
            file.unlink(missing_ok=True)

    def _shell_variables(self) -> str:
        """What the AWS CLI, its SDKs and `nemo-video` read, and `API`, `KEY` and `INBOX`."""
        variables = {
            "AWS_ENDPOINT_URL": self.aws_endpoint_url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "INBOX": self.inbox_bucket,
            "API": self.api_url,
            "KEY": self.api_key,
            "NEMO_VIDEO_API": self.api_url,
            "NEMO_VIDEO_KEY": self.api_key,
        }
        return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_text(text)
    part.replace(path)
