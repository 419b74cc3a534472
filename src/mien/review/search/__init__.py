"""Searching: strings for each database from one table of concepts, and searches over open APIs."""
