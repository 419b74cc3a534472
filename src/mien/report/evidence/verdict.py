"""What a profile's answers are called, and when a result's pictures must not be shown."""

from __future__ import annotations

from mien.evidence.evaluate import Evidence
from mien.report.language import told

ANSWERS = {
    True: ("holds", "✓", "pass"),
    False: ("does not hold", "✗", "fail"),
    None: ("does not apply", "–", "none"),
}
"""Word, sign and style of a line's answer."""


def verdict_in_words(evidence: Evidence) -> str:
    """How many lines of the profile hold, in one sentence."""
    asked = [line for line in evidence.lines if line.passed is not None]
    held = sum(line.passed is True for line in asked)
    name = evidence.metrics.profile.get("name", "generic")
    if not asked:
        return told(f"No requirement of the profile “{name}” applies to this clip.")
    every = "requirement" if len(asked) == 1 else "requirements"
    verb = "holds" if held == 1 else "hold"
    if held == len(asked) > 1:
        words = told(f"All {held} {every} of the profile “{name}” {verb}")
    else:
        words = told(f"{held} of {len(asked)} {every} of the profile “{name}” {verb}")
        if missed := len(asked) - held:
            words += "; " + told("1 does not" if missed == 1 else f"{missed} do not")
    rest = len(evidence.lines) - len(asked)
    if rest:
        words += "; " + told(
            "1 does not apply to this clip" if rest == 1 else f"{rest} do not apply to this clip"
        )
    return words + "."


def withheld_because(evidence: Evidence) -> str | None:
    """Why the result's pictures must not be shown, in one sentence; None if they may.

    A result in which the patient may be recognised shows the patient.
    """
    about = evidence.metrics.about
    sums = about.get("original_sha256"), about.get("deidentified_sha256")
    if sums[0] is not None and sums[0] == sums[1]:
        return (
            "The two files are the same: the result shows the patient, so no picture of it is here."
        )
    if evidence.verdict is not None and not evidence.verdict.passed:
        return (
            "The audit did not pass: somebody may be recognised in the result, so no picture of it "
            "is here."
        )
    return None
