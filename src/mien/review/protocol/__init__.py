"""The protocol of a review as a file: what is asked, searched, included, extracted and pooled."""
