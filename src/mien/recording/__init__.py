"""Recording expressions on request, from a camera or from clips."""
