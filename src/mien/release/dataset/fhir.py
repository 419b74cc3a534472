"""Videos of a data set as FHIR resources, for those who exchange these.

References
----------
.. [1] HL7 FHIR R4 (4.0.1), Media and DocumentReference. Release 5 has no Media.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from mien.release.dataset.layout import Placed, seconds

KINDS = ("media", "document")
_TYPE = {
    "system": "http://terminology.hl7.org/CodeSystem/media-type",
    "code": "video",
    "display": "Video",
}
_HIDDEN = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "PSEUDED",
    "display": "pseudonymized",
}


def resource(one: Placed, video: Path, kind: str) -> dict[str, Any]:
    """A video as a resource.

    Parameters
    ----------
    one : Placed
        The clip.
    video : Path
        Its file, for size and hash: SHA-1, as FHIR has it.
    kind : {"media", "document"}
        Which resource.
    """
    with video.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha1").digest()
    attachment = {
        "contentType": "video/mp4",
        "url": f"../{one.stem}.mp4",
        "size": video.stat().st_size,
        "hash": base64.b64encode(digest).decode(),
        "title": one.stem.rsplit("/", 1)[-1],
    }
    common = {
        "id": one.stem.rsplit("/", 1)[-1].replace("_", "-"),
        "meta": {"security": [_HIDDEN]},
        "subject": {"type": "Patient", "identifier": {"value": one.participant}},
    }
    if kind == "document":
        return {
            "resourceType": "DocumentReference",
            **common,
            "status": "current",
            "type": {"coding": [_TYPE]},
            "content": [{"attachment": attachment}],
        }
    return {
        "resourceType": "Media",
        **common,
        "status": "completed",
        "type": {"coding": [_TYPE]},
        "width": one.manifest["input"]["width"],
        "height": one.manifest["input"]["height"],
        "frames": one.manifest["output"]["frames"],
        "duration": round(seconds(one.manifest), 3),
        "content": attachment,
    }
