"""The report of what was measured: pages, figures and tables."""
