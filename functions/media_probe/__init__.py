"""Looks into finished videos, with PyAV."""
