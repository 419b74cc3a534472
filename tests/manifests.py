"""Manifests as mien would write them, for files that tests made themselves."""

from __future__ import annotations

from pathlib import Path

from mien.outputs import checksum
from mien.pipeline.ledger import Ledger
from mien.pipeline.manifest import (
    LABEL,
    Chosen,
    Entries,
    Linkable,
    Manifest,
    Original,
    Output,
    Residual,
)


def manifest_of(path: Path, ledger: Ledger) -> Manifest:
    """What is said of a signed result in which nobody is named."""
    return Manifest(
        label=LABEL,
        versions={"mien": "0"},
        settings=Chosen(
            "mask", "auto", "mien", None, "age", "all", [], [], "keep", 17, "landmarks of nobody"
        ),
        input=Original("0" * 64, 64, 48, "h264", []),
        output=Output(checksum(path), len(ledger.entries), renderings=1, signed=True),
        people=[],
        linkable=Linkable(by_surrogate=False, subject=None, by_facial_motion=False),
        ledger=Entries(ledger.counts(), ledger.ranges()),
        privacy=[],
        residual_faces=Residual([], 0),
    )
