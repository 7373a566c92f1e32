"""The renderer: a draft and its media in, an MP4 out.

It runs as a process of its own: `python -m studio.render`.
"""
