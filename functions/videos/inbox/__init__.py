"""Dropped files, and the videos that are made of them."""
