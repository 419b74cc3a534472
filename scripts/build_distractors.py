"""Describe a folder of portraits of different people for the audit: numbers without names.

    python scripts/build_distractors.py PORTRAITS --recogniser dlib -o src/mien/assets/distractors

Prints how often two of them are closer than the recogniser's threshold, and the distance that is
kept by all but one pair in a thousand.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy.spatial.distance import pdist

from mien.models.landmarker import open_backend
from mien.recognition.distractors import from_folder
from mien.recognition.parts import PARTS
from mien.recognition.registry import RECOGNISERS, STEERS, recogniser

ENLARGE = 3  # of many portraits the face is 110 to 150 pixels wide; as in build_surrogates.py
ONE_IN = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("portraits", type=Path)
    parser.add_argument("--recogniser", choices=sorted(RECOGNISERS), default=STEERS)
    parser.add_argument("-o", "--output", type=Path, required=True, help="a folder")
    args = parser.parse_args()
    describes, backend = recogniser(args.recogniser), open_backend()
    kinds = (None, *PARTS)
    every = from_folder(args.portraits, describes, backend, enlarge=ENLARGE, parts=kinds)
    backend.close()
    stored = {}
    for kind, found in zip(kinds, every, strict=True):  # each in an order of its own
        order = np.argsort(found[:, 0], kind="stable")
        stored[kind or "descriptors"] = found[order].astype(np.float16)
    path = args.output / f"{describes.name}.npz"
    np.savez_compressed(path, **stored, recogniser=describes.name)
    descriptors = stored["descriptors"]
    between = pdist(descriptors.astype(np.float32))
    print(
        f"{len(descriptors)} people, {path.stat().st_size / 1000:.0f} kB; of the pairs "
        f"{(between < describes.threshold).mean():.2%} are below {describes.threshold}; "
        f"median {np.median(between):.2f}; one in {ONE_IN} is below "
        f"{np.quantile(between, 1 / ONE_IN):.3f}"
    )


if __name__ == "__main__":
    main()
