"""The life of a video: submit, edit, export, recover, delete."""
