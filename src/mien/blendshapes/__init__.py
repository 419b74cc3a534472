"""Blendshape scores: how far a face smiles, squints or opens its jaw; their names and files."""
