"""Everything a running studio remembers: records in memory, files under the data folder."""

from studio import pages
from studio.accounts import Accounts
from studio.agent import Agent
from studio.renders import Renders
from studio.sessions import Sessions
from studio.settings import Settings
from studio.uploads import Uploads


class Store:
    def __init__(self, settings: Settings) -> None:
        self.accounts = Accounts(settings.credits)
        self.sessions = Sessions()
        self.uploads = Uploads(settings.data_dir / "media", settings.largest_upload)
        self.renders = Renders(settings.data_dir / "renders")
        self.agent = Agent(settings)
        self.http = pages.client()

    async def close(self) -> None:
        await self.agent.close()
        await self.http.aclose()
