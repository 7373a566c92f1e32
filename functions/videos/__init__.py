"""The domain: a video, its turns, and the rules by which they begin, go on and end."""
