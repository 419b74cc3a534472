"""Where the files of a cohort go, and what its tables say.

The layout follows the Brain Imaging Data Structure [1]_ as far as it goes: it has no place for
videos of behaviour, so what is written is like it and does not pass its validator.

References
----------
.. [1] Gorgolewski et al., "The brain imaging data structure", Scientific Data 2016,
   doi:10.1038/sdata.2016.44.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mien.pipeline.manifest import versions

KIND = "video"
"""Folder and suffix of the videos."""


@dataclass(frozen=True)
class Placed:
    """A clip of the data set."""

    clip: str
    """What the release calls it, as ``clip-001``."""
    participant: str
    """As ``sub-001``."""
    run: int
    """Number among the participant's clips, from 1."""
    manifest: Mapping[str, Any]
    """As it is passed on."""

    @property
    def stem(self) -> str:
        """Its path in the data set without an ending."""
        return f"{self.participant}/{KIND}/{self.participant}_run-{self.run:02d}_{KIND}"


def place(manifests: Mapping[str, Mapping[str, Any]]) -> list[Placed]:
    """Number participants and their clips, in the order of the clips.

    Parameters
    ----------
    manifests : mapping
        Public manifests by the clip's name. Clips whose manifests name one subject are one
        participant's; a clip without one is a participant's of its own.
    """
    numbers: dict[str, str] = {}
    runs: dict[str, int] = {}
    placed = []
    for clip, manifest in manifests.items():
        subject = (manifest.get("linkable") or {}).get("subject") or f"of {clip}"
        participant = numbers.setdefault(subject, f"sub-{len(numbers) + 1:03d}")
        runs[participant] = runs.get(participant, 0) + 1
        placed.append(Placed(clip, participant, runs[participant], manifest))
    return placed


def tables(placed: Sequence[Placed], title: str, licence: str) -> dict[str, bytes]:
    """The files at the top of the data set, by name."""
    people: dict[str, list[Placed]] = {}
    for one in placed:
        people.setdefault(one.participant, []).append(one)
    lines = ["participant_id\truns\tframes\tseconds\tengine"]
    for participant, clips in people.items():
        frames = sum(int(one.manifest["output"]["frames"]) for one in clips)
        engines = ",".join(sorted({one.manifest["settings"]["engine"] for one in clips}))
        length = sum(seconds(one.manifest) for one in clips)
        lines.append(f"{participant}\t{len(clips)}\t{frames}\t{length:.3f}\t{engines}")
    columns = {
        "participant_id": {"Description": "A number in this data set; it leads to no other."},
        "runs": {"Description": "Videos of the participant"},
        "frames": {"Description": "Frames of all of them"},
        "seconds": {"Description": "Length of all of them", "Units": "s"},
        "engine": {"Description": "What mien replaced the faces with"},
    }
    described = {
        "Name": title,
        "BIDSVersion": "1.9.0",
        "DatasetType": "derivative",
        "License": licence or "not stated",
        "GeneratedBy": [{"Name": "mien", "Version": versions()["mien"]}],
    }
    return {
        "dataset_description.json": as_json(described),
        "participants.tsv": ("\n".join(lines) + "\n").encode(),
        "participants.json": as_json(columns),
    }


def sidecar(one: Placed, metrics: Mapping[str, Any] | None) -> dict[str, Any]:
    """What is said of a video beside it."""
    told = one.manifest
    return {
        "TaskName": "not stated",
        "VideoCodec": "h264",
        "Width": told["input"].get("width"),
        "Height": told["input"].get("height"),
        "FrameCount": told["output"]["frames"],
        "Duration": round(seconds(told), 3),
        "Deidentification": told,
        **({} if metrics is None else {"Metrics": metrics}),
    }


def seconds(manifest: Mapping[str, Any]) -> float:
    """When the last frame is shown, seconds after the first."""
    ranges = (manifest.get("ledger") or {}).get("ranges") or ()
    if not ranges:
        return 0.0
    return float(ranges[-1]["to_s"]) - float(ranges[0]["from_s"])


def as_json(content: Any) -> bytes:
    """JSON as it stands in a file."""
    return (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
