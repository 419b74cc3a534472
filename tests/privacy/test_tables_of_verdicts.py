"""Tables of verdicts, as people read them."""

from __future__ import annotations

import numpy as np

from mien.privacy.audit import Finding, Verdict
from mien.privacy.audit.terms import OwnFrames
from mien.recognition.verdict import Audit


def test_people_are_counted_from_1_in_tables_and_from_0_in_json():
    audit = Audit(0, 12, 10, 0.7, 0.75, 0.6, quantiles={}, share_under=0.0, share_upper=0.2,
                  rank1=0.0, others=5, worst=[], target=0.6, recogniser="drawn")  # fmt: skip
    own = OwnFrames(12, 0.2, 0.05, 0.0)
    found = Verdict([Finding(audit, 0.0, 1.0, [], np.zeros((1, 128)), own, ())], {}, 1, 1, 1, [])
    assert list(found.to_frame()["person"]) == [1]
    assert found.table()[1][1] == "1"
    assert found.as_dict()["people"][0]["person"] == 0
