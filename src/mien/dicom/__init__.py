"""Images of a hospital's archive: their pictures and headers, de-identified together, and sent."""
