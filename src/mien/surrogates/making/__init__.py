"""Making banks: neutral composites of many portraits."""
