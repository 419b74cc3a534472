"""One measure a file: its section in words and figures, and its drawings.

Every file has ``section(content)``, of what the measure found, JSON-ready, and ``drawings(seen)``:
name, caption and figure of each drawing, or None where there is nothing to draw.
"""
