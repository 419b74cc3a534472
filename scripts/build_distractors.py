"""Describe a folder of portraits for the audit: other people, among whom a patient is looked for.

    python scripts/build_distractors.py PORTRAITS -o src/mien/assets/distractors.npz

PORTRAITS holds one picture per person. What is written are numbers of the recogniser alone, sorted
by their first one, so that neither names nor the order of the files are left. Run it again
whenever the recogniser or the way it cuts out a face changes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from scipy.spatial.distance import pdist

from mien.models.landmarker import open_backend
from mien.recognition.distractors import from_folder
from mien.recognition.recognisers import Dlib

ENLARGE = 3  # of many portraits the face is 110 to 150 pixels wide; as in build_surrogates.py


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("portraits", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()
    recogniser, backend = Dlib(), open_backend()
    descriptors = from_folder(args.portraits, recogniser, backend, enlarge=ENLARGE)
    backend.close()
    descriptors = descriptors[np.argsort(descriptors[:, 0], kind="stable")].astype(np.float16)
    np.savez_compressed(args.output, descriptors=descriptors, recogniser=recogniser.name)
    between = pdist(descriptors.astype(np.float32))
    print(
        f"{len(descriptors)} people, {args.output.stat().st_size / 1000:.0f} kB; of the pairs "
        f"{(between < recogniser.threshold).mean():.2%} are below {recogniser.threshold}; "
        f"median {np.median(between):.2f}"
    )


if __name__ == "__main__":
    main()
