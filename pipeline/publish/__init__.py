"""Releases: the published files, their metadata, and what changed between two."""
