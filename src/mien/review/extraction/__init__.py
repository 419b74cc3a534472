"""Taking data from reports: forms, two extractors, adjudication, and what becomes of it."""
