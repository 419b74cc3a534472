"""How well a result hides a person: audits, linkage, and computing the original back."""
