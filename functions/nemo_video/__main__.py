"""`python -m nemo_video` is the same as `nemo-video`."""

from nemo_video.cli.main import main

main()
