"""What is said of verdicts: a few lines on one, a table of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.cli.told import shortened
from mien.counted import plural
from mien.errors import PrivacyError
from mien.shown import aligned

if TYPE_CHECKING:
    from mien.privacy.audit import Finding, Verdict


def words(verdict: Verdict) -> list[str]:
    """The verdict in plain words, a line for each person and one for faces left over."""
    lines = [line for found in verdict.findings for line in (_person(found), *_more(found))]
    frames = f"{verdict.scanned} frames that other detectors searched, at four rotations,"
    lines.append(
        f"Other faces: in {len(verdict.residual)} of {frames} there is a face where none was "
        f"tracked (first in frame {min(verdict.residual)})."
        if verdict.residual
        else f"Other faces: in {frames} there is none but those tracked."
    )
    return lines + [f"Note: {note}" for note in verdict.notes]


def _person(found: Finding) -> str:
    result = found.audit
    under = round(result.share_under * result.frames)
    line = f"Person {result.person + 1}, asked {result.recogniser}: " + (
        f"not recognised in any of {result.frames} frames compared (with 95% "
        f"confidence fewer than {result.share_upper:.1%} of all frames are)"
        if not under
        else f"RECOGNISED in {under} of {result.frames} frames compared"
    )
    line += (
        f"; smallest distance {result.nearest:.2f} in frame {result.worst[0]}, "
        f"half of them above {result.quantiles['50']:.2f}, {result.threshold:.2f} needed."
    )
    if result.rank1 is not None:
        line += (
            f" Among {result.others} other people the recogniser picks this one in "
            f"{result.rank1:.0%} of the frames, knowing {result.gallery} original frames"
        )
        line += (
            "."
            if result.rank1_single is None
            else f"; in {result.rank1_single:.0%}, knowing one of them."
        )
    if found.seen < 0.995:
        line += (
            f" In {1 - found.seen:.0%} of them no face is seen in the result; of a face that is "
            "hidden or blurred the recogniser says little."
        )
    if found.untouched:
        line += f" UNTOUCHED: the face is as in the original in {found.untouched:.1%} of frames."
    return line


def _more(found: Finding) -> list[str]:
    """Frame by frame against the own original, and what parts of the picture give away."""
    own = found.own
    line = (
        f"  Each frame with its own original: cosine {own.cosine_mean:.2f} "
        f"(s.d. {own.cosine_sd:.2f}), one person for the recogniser in {own.share_recognised:.0%}"
    )
    if own.to_surrogate_mean is not None:
        line += (
            f"; with the face that was given {own.to_surrogate_mean:.2f}, nearer to the original "
            f"than to that in {own.share_nearer_original:.0%}"
        )
    told = [
        f"{_PARTS[part.part]} {part.rank1:.0%}" for part in found.parts if part.rank1 is not None
    ]
    if not told:
        return [f"{line}."]
    return [f"{line}.", f"  Picked among others in: {', '.join(told)} of the frames."]


_PARTS = {
    "inner": "the face alone (all around it grey)",
    "surroundings": "hair, neck and room alone (the face grey)",
}


def failure(deidentified: Path, verdict: Verdict) -> str:
    """One sentence on what is wrong and what to do."""
    wrong = []
    failed = {f.audit.person + 1: f.audit.recogniser for f in verdict.findings if not f.passed}
    if failed:
        who = " and ".join(str(number) for number in failed)
        by = " and ".join(dict.fromkeys(failed.values()))
        wrong.append(f"person {who} can still be recognised (by {by})")
    if verdict.residual:
        wrong.append("there are faces that nobody accounted for")
    return (
        f"{deidentified} should not be shared, since {' and '.join(wrong)}: de-identify it again "
        "with another --surrogate or with --engine mask, or cut those frames; whoever you left "
        "alone on purpose is recognised, of course."
    )


def table(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every result in one line, in columns that need no terminal: what came of it, the nearest
    distance as a share of what is needed, and the largest shares of frames, of everybody in it."""
    rows: list[tuple[str, ...]] = [
        ("clip", "outcome", "people", "frames", "nearest", "recognised", "untouched", "other faces")
    ]
    rows += [_row(entry) for entry in entries]
    passed = sum(entry["status"] == 0 for entry in entries)
    said = f"{passed} of {plural(len(entries), 'result')} passed."
    missing = sum(entry["error"] is not None for entry in entries)
    if missing:
        said += f" {missing} could not be audited, which is no pass."
    return [*aligned(rows, left=(0, 1)), "", said]


def _row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    name = shortened(entry["clip"])
    if entry["error"] is not None:
        return (name, "NOT AUDITED", *[""] * 6)
    people = entry["people"]
    return (
        name,
        "passed" if entry["passed"] else "FAILED",
        str(len({found["person"] for found in people})),
        str(entry["paired"]),
        f"{min(found['nearest'] / found['threshold'] for found in people):.2f} x",
        f"{max(found['share_under'] for found in people):.1%}",
        f"{max(found['untouched'] for found in people):.1%}",
        str(len(entry["residual"]["found"])),
    )


def status(entries: Sequence[Mapping[str, Any]]) -> int:
    """The exit status of many: that somebody is recognised anywhere comes first, then that of the
    first that could not be audited."""
    found = [entry["status"] for entry in entries if entry["status"]]
    return PrivacyError.exit_status if PrivacyError.exit_status in found else (found or [0])[0]
