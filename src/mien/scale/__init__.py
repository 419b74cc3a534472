"""Many clips at once: a plan in, results, manifests, evidence and one report out."""
