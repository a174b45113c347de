"""Writes the geography sources of the sample in their producers' layouts."""

WRITERS: dict = {}
