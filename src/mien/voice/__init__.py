"""Voices: made another, and what was kept of them."""
