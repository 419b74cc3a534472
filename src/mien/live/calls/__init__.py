"""Calls from browser to browser: what the patient sends goes no farther."""
