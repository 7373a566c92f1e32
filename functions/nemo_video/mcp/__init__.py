"""Tools for AI agents, over the Model Context Protocol. `python -m nemo_video.mcp` serves them over stdio."""
