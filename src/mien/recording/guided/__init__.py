"""Clips recorded step by step, with checks before and during each; what went wrong is repeated."""
