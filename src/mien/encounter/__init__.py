"""The encounter of a doctor and a patient: who shows what, when, and in answer to what."""
