"""A backend that speaks the NemoVideo agent protocol and renders the videos for real."""
