"""Which of seven expressions a face resembles, and whether it can be assessed at all."""
