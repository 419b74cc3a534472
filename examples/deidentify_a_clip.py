"""De-identify a clip, and see what happened to every frame and what was attacked.

    python examples/deidentify_a_clip.py FOLDER [CLIP]

Without a clip of your own a synthetic patient is drawn.
"""

import sys
from pathlib import Path

import mien

SETTINGS = mien.Settings(subject="P01", voice="mute")  # clips of one subject get one face


def main(folder: Path, clip: Path | None = None, settings: mien.Settings = SETTINGS) -> None:
    if clip is None:
        clip = folder / "patient.mp4"
        mien.render_phantom(mien.Script(seconds=1, fps=12, width=320, height=240), clip)
    result = mien.deidentify(clip, folder / "shared.mp4", settings)

    print(f"{result.output}: {result.ledger.counts()}, wearing {', '.join(result.surrogates)}")
    for audit in result.audits:  # by the recogniser that chose the new face, and withholds
        print(f"  person {audit.person + 1}: nearest {audit.nearest:.2f}, {audit.threshold} needed")
    for judge in result.told.judges:  # by others, of which some chose with it
        share, part = judge["share_under"], "chose" if judge["steered"] else "had no say"
        print(f"  {judge['recogniser']} ({part}) recognises {share:.0%} of {judge['frames']}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
