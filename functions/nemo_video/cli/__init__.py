"""The command-line program `nemo-video`. See docs/cli.md."""
