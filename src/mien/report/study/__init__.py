"""The report of a study of expressions."""
