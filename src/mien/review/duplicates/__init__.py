"""Duplicates among records: the same publication from several databases, merged or shown."""
