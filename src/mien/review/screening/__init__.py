"""Screening titles and abstracts: in which order, and when to stop."""
