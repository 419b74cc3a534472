"""The default engine: the surrogate's face on the patient's own motion."""
