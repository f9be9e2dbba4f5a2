"""Judging: from an estate and a baseline to findings."""
