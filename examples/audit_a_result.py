"""Audit a result as somebody would who does not believe whoever made it.

    python examples/audit_a_result.py FOLDER [ORIGINAL RESULT]

Without clips of your own a synthetic patient is drawn, and hidden behind a mask.
"""

import sys
from pathlib import Path

import mien


def main(folder: Path, original: Path | None = None, result: Path | None = None) -> None:
    if original is None or result is None:
        original, result = folder / "bare.mp4", folder / "masked.mp4"
        mien.render_phantom(mien.Script(seconds=0.5, fps=12, width=320, height=240), original)
        mien.deidentify(original, result, mien.Settings(engine="mask"))
    verdict = mien.audit(original, result)  # two recognisers that chose, and one that did not

    print("nobody is recognised" if verdict.passed else "SOMEBODY IS RECOGNISED")
    table = verdict.to_frame()
    print(table[["person", "recogniser", "frames", "nearest", "threshold", "seen"]].to_string())


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
