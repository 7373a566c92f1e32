"""Serve the tools over stdio: `python -m nemo_video.mcp`.

The environment has the address of the API in NEMO_VIDEO_API, and the key in NEMO_VIDEO_KEY.
"""

import asyncio
import sys

from mcp.server.stdio import stdio_server

from nemo_video import AsyncNemoVideo, SettingsError
from nemo_video.mcp.server import mcp_server


def main() -> int:
    """Serve an agent with the settings of the environment; 2 if one is missing, 130 after Ctrl-C."""
    try:
        client = AsyncNemoVideo()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        serve(client)
    except KeyboardInterrupt:
        return 130
    return 0


def serve(client: AsyncNemoVideo) -> None:
    """Serve an agent over standard input and output, until it closes the input."""
    asyncio.run(_serve(client))


async def _serve(client: AsyncNemoVideo) -> None:
    server = mcp_server(client)
    async with client, stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


if __name__ == "__main__":
    sys.exit(main())
