import numpy as np

from mien.pipeline.ledger import Entry, Ledger


def test_ranges_cover_every_frame_once():
    entries = np.array([0, 0, 1, 2, 2, 2, 0], np.uint8)
    ledger = Ledger(entries, np.arange(7) / 25)
    ranges = ledger.ranges()
    covered = [i for r in ranges for i in range(r["first_frame"], r["last_frame"] + 1)]
    assert covered == list(range(7))
    assert [r["entry"] for r in ranges] == ["rendered", "interpolated", "covered", "rendered"]
    assert ledger.counts() == {"rendered": 3, "interpolated": 1, "covered": 3}
    assert Entry.COVERED > Entry.INTERPOLATED > Entry.RENDERED


def test_an_empty_ledger_has_no_ranges():
    assert Ledger(np.zeros(0, np.uint8), np.zeros(0)).ranges() == []
