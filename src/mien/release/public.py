"""What may be told of a result: its manifest without what leads to the original.

Which fields those are stands with the types of the manifest's parts. No other field is taken over,
so that nothing passes because nobody thought of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mien.pipeline.manifest import (
    TOLD_OF_SURROGATES,
    Chosen,
    Conceded,
    Entries,
    Linkable,
    Original,
    Output,
    Residual,
    Treated,
    only,
)
from mien.recognition.verdict import Audit
from mien.voice.pitch import Kept

_TOP = ("label", "versions", "settings", "input", "output", "people", "linkable", "ledger",
        "covered_to_deliver", "privacy", "judges", "residual_faces", "voices",
        "covered_by_hand")  # fmt: skip


_PARTS = {
    "ledger": Entries.public,
    "covered_to_deliver": Conceded.public,
    "residual_faces": Residual.public,
}
"""What of a manifest is passed on if it is there, and how."""


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
    told: dict[str, Any] = {
        "settings": Chosen.public(settings)
        | {"consent_for_a_picture": bool(settings.get("consent"))}
        | {key: len(settings.get(key) or ()) for key in ("leave", "cover")},
        "input": Original.public(source)
        | {"losses": len(source.get("losses") or ())}
        | ({"sha256": source.get("sha256")} if keep_checksum else {}),
        "output": Output.public(record.get("output")) | {"sha256": checksum},
        "people": [
            Treated.public(person)
            | {"surrogate": only(person.get("surrogate") or {}, TOLD_OF_SURROGATES)}
            for person in record.get("people") or ()
        ],
        "linkable": Linkable.public(record.get("linkable"))
        | {"subject": subject, "by_input_checksum": keep_checksum},
        "privacy": [only(person, Audit.TOLD) for person in record.get("privacy") or ()],
        "judges": [only(person, (*Audit.TOLD, "steered")) for person in record.get("judges") or ()],
    }  # fmt: skip
    told |= {key: public(record[key]) for key, public in _PARTS.items() if record.get(key)}
    if muted:
        told["settings"]["voice"] = "mute"
        told["output"]["signed"] = False
    if record.get("voices") and not muted:
        told["voices"] = [only(voice, Kept.TOLD) for voice in record["voices"]]
    if record.get("covered_by_hand"):
        told["covered_by_hand"] = len(record["covered_by_hand"])
    return {
        key: told.get(key, record.get(key))
        for key in _TOP
        if key in told or (key in record and not (muted and key == "voices"))
    }
