"""A camera's picture, de-identified as it comes; whatever is in doubt is covered, never shown."""
