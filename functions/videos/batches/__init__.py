"""Files of rows: each row becomes a video, or a version of one."""
