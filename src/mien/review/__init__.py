"""Systematic reviews: records, duplicates, screening, synthesis, a flow that stays alive."""
