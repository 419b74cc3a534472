"""The flow of a review and its checklist in German."""

from __future__ import annotations

import pytest

from mien.report.language import entries, told, untold, written_in
from mien.report.review import prisma_page
from mien.report.review.prisma_flow import _boxes, _caption
from mien.review.prisma.checklist import checklist
from mien.review.prisma.flow import Flow

FLOWS = {
    "new": Flow(databases={"PubMed": 1200, "Scopus": 90}, duplicates=40, excluded=1000,
                not_retrieved=3, excluded_full_text={"no images": 7}, studies=10, reports=12),
    "updated": Flow(databases={"PubMed": 120}, registers={"ICTRP": 4}, duplicates=4, excluded=100,
                    automation=1, removed_otherwise=2, previous_studies=30, previous_reports=33,
                    studies=10, reports=11, pooled=20),
    "otherwise": Flow(databases={"PubMed": 120}, other={"citations": 9}, other_duplicates=2,
                      other_excluded=3, other_not_retrieved=1, excluded=100, made_up=True,
                      other_excluded_full_text={"no images": 1}, studies=5, reports=6),
}  # fmt: skip


@pytest.mark.parametrize("name", FLOWS)
def test_every_box_and_caption_is_told(name):
    flow = FLOWS[name]
    whole = flow.filled()
    with written_in("de"), untold() as left:
        for box in _boxes(whole):
            for line in box.lines:
                told(line)
        caption = told(_caption(whole))
    assert {one for one in left if not one.startswith("–")} == set()
    assert "PRISMA-2020-Ablauf" in caption


def test_the_page_is_german_and_its_numbers_are_not(tmp_path):
    for language in ("de", "en"):
        prisma_page.write(FLOWS["new"], tmp_path / language, language=language)
    text = (tmp_path / "de" / "report.html").read_text("utf-8")
    assert '<html lang="de">' in text and "Von Treffern zu Studien" in text
    assert "Doppelte Treffer" not in (tmp_path / "de" / "flow.json").read_text("utf-8")
    assert (tmp_path / "de/flow.json").read_bytes() == (tmp_path / "en/flow.json").read_bytes()
    assert all(part in entries("de") for item in checklist() for part in (item.part, item.words))
