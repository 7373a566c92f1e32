"""The domain: a video, its versions, and the rules by which they begin, go on and end."""
