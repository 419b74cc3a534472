"""A released cohort as a data set: laid out after BIDS, with checksums after BagIt."""
