"""What a result kept of the motion, one measure a file."""
