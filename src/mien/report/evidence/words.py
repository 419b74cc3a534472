"""What the report says besides its figures: what was compared, and what limits it."""

from __future__ import annotations

from typing import Any

from mien.evidence.evaluate import Evidence


def facts(about: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """What was compared: name, value, and whether it is code."""
    size = f"{about.get('width')} × {about.get('height')} pixels"
    people = about.get("people")
    software = ", ".join(f"{k} {v}" for k, v in (about.get("software") or {}).items())
    crf = about.get("ceiling_crf")
    how = {"stated": "stated in the result's file", "size": "estimated from the result's size"}
    facts = [
        ("Result, SHA-256", str(about.get("deidentified_sha256")), True),
        (
            "Length",
            f"{about.get('frames')} frames, of which {about.get('frames_paired')} have a partner "
            f"in the result; {about.get('seconds')} s; {size}",
            False,
        ),
        (
            "People",
            f"{people} in the original; movement is measured of person {about.get('person')}",
            False,
        ),
        (
            "Ceiling",
            "none: the result is the original, or only privacy was measured"
            if crf is None
            else "the original encoded again with x264 at a constant rate factor of "
            f"{crf:g} ({how.get(str(about.get('ceiling_crf_from')), 'unknown')})",
            False,
        ),
        ("Software", software, False),
    ]
    if about.get("deidentified"):
        facts.insert(0, ("Result", str(about["deidentified"]), False))
    if about.get("original_sha256"):
        facts.insert(0, ("Original, SHA-256", str(about["original_sha256"]), True))
    facts += [("Note", str(note), False) for note in about.get("notes") or []]
    return facts


def limits(evidence: Evidence) -> list[str]:
    """What the figures do not say, a sentence or two each."""
    found = []
    if evidence.readings is not None:
        found += [
            "Movement is read by dlib's predictor, which learned from photographs of healthy "
            "faces. On palsied, very old, very young or covered faces it errs more, and it may "
            "read another face of the same movement differently. The ceiling shows its noise on "
            "this clip, not its bias on this face.",
            "MediaPipe's figures are a second opinion, not an independent one: trackers of that "
            "family drive mien's own engine.",
            "Thresholds taken from publications were found on other people's clips, mostly of "
            "healthy or parkinsonian adults facing the camera. They say what was reached there, "
            "not what a rating needs.",
            "A picture of 25 or 30 frames a second shows movements up to about 12 Hz; a blink "
            "lasts four to ten of its frames.",
            "Intervals tell how much the figures change with the moments of this clip. They do not "
            "tell how another clip, person or camera would do.",
        ]
    if evidence.verdict is not None:
        found += [
            "Recognition is tried with dlib's network, the one that mien itself chooses a face "
            "with: other recognisers, and people who know the patient, may do better. Voice, "
            "body, hair, clothes and room are not looked at.",
            "Only some frames are compared; the bound in the table says what the others may hold.",
        ]
    else:
        found.append("Whether somebody can be recognised was not measured.")
    found.append(
        "Curves of movement are about one person and remain personal data, even without a face: "
        "share this report as the rules for the recording allow."
    )
    return found
