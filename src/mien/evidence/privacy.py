"""What recognisers make of a result, as figures: each by itself, and the worst of them."""

from __future__ import annotations

from typing import Any

from mien.evidence.original import Ceiling
from mien.privacy.audit import Finding, Verdict
from mien.recognition.recogniser import distances
from mien.recognition.registry import chooses, joining

CITATION = (
    "Each recogniser by its own threshold; frames chosen over all poses, see docs/privacy.md. "
    "Cosines to the own original and to the given face as in FaceMotionPreserve (2024)"
)


def figures_of(verdict: Verdict, ceiling: Ceiling | None, person: int) -> dict[str, Any]:
    """The figures of an audit: the worst on top, then by recogniser, then of everybody.

    Parameters
    ----------
    verdict : Verdict
        What the recognisers said.
    ceiling : Ceiling or None
        The original encoded again; None where it was not read.
    person : int
        Number, from 0, of the person who is measured.
    """
    mine = [found for found in verdict.findings if found.audit.person == person]
    by_name = {found.audit.recogniser: _of_one(found, ceiling) for found in mine}
    first = [f for f in verdict.findings if f.audit.recogniser == joining().name]
    first = first or verdict.findings
    own = next((f for f in first if f.audit.person == person), None)
    audits = [found.audit for found in verdict.findings]
    return {
        "share_recognised": max((a.share_under for a in audits), default=None),
        "share_upper": max((a.share_upper for a in audits), default=None),
        "margin": min((round(a.nearest / a.threshold, 4) for a in audits), default=None),
        "rank1": _most([a.rank1 for a in audits]),
        "rank1_single": _most([a.rank1_single for a in audits]),
        "nearest": min((f.audit.nearest for f in first), default=None),
        "mean": None if own is None else own.audit.mean,
        "share_untouched": max((f.untouched for f in verdict.findings), default=None),
        "faces_unaccounted": len(verdict.residual),
        **verdict.as_dict(),
        "recognisers": by_name,
        "ceiling": by_name.get(own.audit.recogniser, {}).get("ceiling") if own else None,
        "citation": CITATION,
    }


def _of_one(found: Finding, ceiling: Ceiling | None) -> dict[str, Any]:
    """What one recogniser says of the person who is measured."""
    content = found.audit.as_dict()
    return {
        "helps_to_choose": chooses(found.audit.recogniser),
        "passed": found.passed,
        "share_recognised": content["share_under"],
        **{
            key: content[key]
            for key in (
                *("frames", "share_upper", "nearest", "mean", "threshold", "rank1"),
                *("rank1_single", "others"),
            )
        },
        "own": found.own.as_dict(),
        "parts": {part.part: part.as_dict() for part in found.parts},
        "ceiling": _again(found, ceiling),
    }


def _again(found: Finding, ceiling: Ceiling | None) -> dict[str, Any] | None:
    """The same of the original encoded again."""
    again = None if ceiling is None else ceiling.descriptors.get(found.audit.recogniser)
    if again is None or not len(again):
        return None
    apart = distances(again, found.gallery).min(1)
    return {
        "frames": len(apart),
        "nearest": round(float(apart.min()), 4),
        "mean": round(float(apart.mean()), 4),
        "share_recognised": round(float((apart < found.audit.threshold).mean()), 4),
    }


def _most(values: list[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
