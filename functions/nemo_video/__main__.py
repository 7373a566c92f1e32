"""`nemo-video`, and `python -m nemo_video`."""

import sys


def main() -> None:
    """Run the program with the arguments of the process."""
    try:
        from nemo_video.cli.main import start  # noqa: PLC0415 - Ctrl-C may come meanwhile
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(start(sys.argv[1:]))


if __name__ == "__main__":
    main()
