"""What answers requests: who may ask, what is asked, and how files are sent."""
