"""The evidence report: a page for people, figures and tables for papers, numbers for programs."""

from mien.report.page import write

__all__ = ["write"]
