"""What may be told of a result: its manifest without what leads to the original.

Only fields that are known are taken over, so that nothing passes because nobody thought of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TOP = ("label", "versions", "settings", "input", "output", "people", "linkable", "ledger",
        "privacy", "judges", "residual_faces", "covered_by_hand")  # fmt: skip
_SETTINGS = ("engine", "bank", "match", "people", "voice", "crf", "landmarks")
_INPUT = ("width", "height", "codec", "missing")
_SURROGATE = ("id", "apparent_sex", "apparent_tone", "apparent_age", "k", "source", "neutralised",
              "strength", "pushed_sd")  # fmt: skip
_LINKABLE = ("by_surrogate", "by_facial_motion", "by_head_motion", "by_input_checksum")
_AUDIT = ("person", "frames", "gallery", "nearest", "mean", "threshold", "quantiles",
          "share_under", "share_upper", "rank1", "others", "target", "recogniser",
          "passed")  # fmt: skip


def public_manifest(
    record: Mapping[str, Any],
    *,
    checksum: str,
    muted: bool,
    subject: str | None,
    keep_checksum: bool,
) -> dict[str, Any]:
    """A result's manifest as it is passed on.

    The original's checksum is left out unless asked for, and so are how near the patient came to
    faces that were not chosen, the code of the subject and the words of a consent.

    Parameters
    ----------
    record : mapping
        The manifest beside the result.
    checksum : str
        Of the clip that is passed on.
    muted : bool
        Whether that is a copy without sound.
    subject : str or None
        What to call the person instead of the code.
    keep_checksum : bool
        Whether the original's checksum stays, by which those who have it find it again.
    """
    settings = dict(record.get("settings") or {})
    source = dict(record.get("input") or {})
    output = dict(record.get("output") or {})
    told: dict[str, Any] = {
        "settings": _of(settings, _SETTINGS)
        | {"consent_for_a_picture": bool(settings.get("consent"))}
        | {key: len(settings.get(key) or ()) for key in ("leave", "cover")},
        "input": _of(source, _INPUT)
        | {"losses": len(source.get("losses") or ())}
        | ({"sha256": source.get("sha256")} if keep_checksum else {}),
        "output": _of(output, ("frames", "renderings", "signed")) | {"sha256": checksum},
        "people": [
            _of(person, ("person", "frames", "role"))
            | {"surrogate": _of(person.get("surrogate") or {}, _SURROGATE)}
            for person in record.get("people") or ()
        ],
        "linkable": _of(record.get("linkable") or {}, _LINKABLE)
        | {"subject": subject, "by_input_checksum": keep_checksum},
        "privacy": [_of(person, _AUDIT) for person in record.get("privacy") or ()],
        "judges": [_of(person, _AUDIT) for person in record.get("judges") or ()],
    }  # fmt: skip
    if muted:
        told["settings"]["voice"] = "mute"
        told["output"]["signed"] = False
    if record.get("covered_by_hand"):
        told["covered_by_hand"] = len(record["covered_by_hand"])
    return {key: told.get(key, record.get(key)) for key in _TOP if key in told or key in record}


def _of(content: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: content[key] for key in keys if key in content}
