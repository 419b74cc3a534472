"""The self-normalising network: from 52 scores to what a face expresses, and studies of it."""
