"""Everything measured of a clip and its result, alone, beside other engines, and in cohorts."""
