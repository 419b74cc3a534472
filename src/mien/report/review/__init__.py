"""Figures and pages of systematic reviews."""
