"""A review as a folder of plain text that git can hold: its states, and what changed in them."""
