"""Where the parts of a running embedded cloud are: what other programs read from `.local/endpoints.json`."""

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
        """Write the file for its owner alone, whole or not at all."""
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        part.write_text(self.model_dump_json(indent=2) + "\n")
        part.replace(path)
