"""PRISMA 2020: the flow of records through a review, and the checklist of its report."""
