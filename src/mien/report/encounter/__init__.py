"""The report of an encounter."""
