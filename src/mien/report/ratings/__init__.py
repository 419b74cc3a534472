"""The report of a rating study, and of trials of human re-identification."""
