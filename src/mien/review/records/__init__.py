"""Bibliographic records: what databases and tools export, read and written without loss."""
