"""The page where people watch a video."""
