"""The steps of the workflow of a version."""
