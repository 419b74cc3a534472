"""A review as a folder: records, who decides, every decision, and what follows from them."""
