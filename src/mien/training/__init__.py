"""Teaching the networks that engines draw with: needs torch, which importing this does not load."""
