"""Risk of bias: forms, two assessors, what they agree on."""
