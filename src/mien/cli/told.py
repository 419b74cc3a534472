"""What is said of results: lines for each, a table of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mien.counted import plural
from mien.errors import PrivacyError
from mien.shortfall import STATUS
from mien.shown import aligned

if TYPE_CHECKING:
    from mien.pipeline.deidentify import Result

_MOMENTS = 4  # that are listed in a line
_WIDEST = 40  # characters of a name in the table


def voices(result: Result) -> list[str]:
    """What was kept of each voice that was changed, a line for each sound track."""
    lines = []
    for found in result.told.voices:
        if found["voiced_s"] == 0:
            lines.append("Voice: none was heard in the sound that was changed.")
            continue
        pitch = found["f0_correlation"]
        moves = "too little of it to compare" if pitch is None else f"r {pitch:.3f}"
        lines.append(
            f"Voice changed: pitch {moves}, voiced and unvoiced as before in "
            f"{found['voiced_agreement']:.1%}, {found['voiced_s']:.1f} s voiced. How people speak "
            "and what they say stays, and can name them."
        )
    return lines


def conceded(result: Result) -> list[str]:
    """What was covered so that the rest could be given, in at most one line."""
    from mien.pipeline.withholding import RECOGNISED

    found = result.told.covered_to_deliver
    if not found.frames:
        return []
    moments = []
    for moment in found.moments[:_MOMENTS]:
        why = "a face was left"
        if moment["reason"] == RECOGNISED:
            why = f"person {moment['person'] + 1} recognised by {' and '.join(moment['by'])}"
        moments.append(f"{moment['from_s']:.1f} to {moment['to_s']:.1f} s, {why}")
    more = len(found.moments) - _MOMENTS
    others = f"; and {more} more, which the manifest lists" if more > 0 else ""
    return [
        f"COVERED in {found.frames} frames ({100 * found.share:.3g} %), so that the rest can be "
        f"given: {'; '.join(moments)}{others}. Look at them, or use --withhold any to be given "
        "nothing instead."
    ]


def judges(result: Result) -> list[str]:
    """What further recognisers make of it, a line for each person and each of them."""
    from mien.pipeline.withholding import RECOGNISED

    lines = []
    covered = {
        (moment["person"], name)
        for moment in result.told.covered_to_deliver.moments
        if moment["reason"] == RECOGNISED
        for name in moment["by"]
    }
    for found in result.told.judges:
        share, frames = found["share_under"], found["frames"]
        knows = f"RECOGNISES them in {share:.0%} of" if share else "recognises them in none of"
        part = "which helped to choose" if found["steered"] else "which had no say in the face"
        if not found["steered"] and (found["person"], found["recogniser"]) in covered:
            # it decided what is covered, so that it passes what is left proves little
            part += " and on whose account frames are covered"
        line = (
            f"Person {found['person'] + 1}, asked {found['recogniser']}, {part}: it "
            f"{knows} {frames} frames (nearest {found['nearest']:.2f}, {found['threshold']:.2f} "
            "needed)"
        )
        if found["rank1"] is not None:
            line += (
                f"; among {found['others']} other people it picks this one in {found['rank1']:.0%}"
            )
        if share:
            line += ". Try another --surrogate, a cut closer to the face, or --engine mask"
        lines.append(f"{line}.")
    return lines


def summary(result: Result) -> str:
    """What was done to a clip, in one line."""
    parts = [f"{count} {kind}" for kind, count in result.ledger.counts().items() if count]
    line = f"{result.output}: frames {', '.join(parts)}"
    if result.surrogates:
        line += f"; surrogate {', '.join(result.surrogates)}"
    if result.audits:
        worst = min(result.audits, key=lambda found: found.nearest - found.threshold)
        line += f"; recogniser distance {worst.nearest:.3f} ({worst.threshold:.3f} needed)"
    for person in result.told.people:
        number = person.person + 1
        if person.frames_left is not None:
            line += f"; person {number} LEFT AS THEY ARE in {person.frames_left} frames"
        if person.frames_covered is not None:
            line += f"; person {number} covered in {person.frames_covered}, else recognised"
    return line


def table(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every clip in one line, in columns that need no terminal: what came of it, the face, frames
    covered to deliver it, the nearest distance as a share of what is needed."""
    rows: list[tuple[str, ...]] = [("clip", "outcome", "face", "frames", "covered", "nearest")]
    rows += [_row(entry) for entry in entries]
    lines = aligned(rows, left=(0, 1, 2))
    done = sum(entry["status"] in (0, STATUS) for entry in entries)
    kept = sum(bool(entry["skipped"]) for entry in entries)
    untouched = sum(entry["there"] for entry in entries) - kept
    before = f", {kept} of them before" if kept else ""
    are = "is" if 1 in (done, len(entries)) else "are"
    said = f"{done} of {plural(len(entries), 'clip')} {are} de-identified{before}."
    if untouched:
        said += f" Of {untouched} a result was already there: not looked at, not touched."
    if kept == len(entries):
        said = f"Every clip ({kept}) was de-identified before: there was nothing to do."
    return ["", *lines, "", said]


def _row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    name = shortened(entry["clip"])
    if entry["counts"] is None:
        return (name, _outcome(entry), "", "", "", "")
    covered = (entry["covered_to_deliver"] or {}).get("frames", 0)
    distances = [found["nearest"] / found["threshold"] for found in entry["privacy"] or ()]
    return (
        name,
        _outcome(entry),
        shortened(", ".join(entry["surrogate"] or ()) or "-"),
        str(sum(entry["counts"].values())),
        str(covered),
        f"{min(distances):.2f} x" if distances else "-",
    )


def _outcome(entry: Mapping[str, Any]) -> str:
    if entry["skipped"]:
        return "was there"
    if entry["there"]:
        return "already there"
    if entry["status"] in (0, STATUS):
        return "incomplete" if entry["status"] else "done"
    return "withheld" if entry["status"] == PrivacyError.exit_status else "FAILED"


def shortened(name: str) -> str:
    """A name for a column: on one line, its middle left out where it is long."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in name)
    if len(plain) <= _WIDEST:
        return plain
    half = (_WIDEST - 1) // 2
    return f"{plain[:half]}…{plain[-half:]}"
