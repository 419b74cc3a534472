"""Score the expression of a face in every frame, and write the scores for a spreadsheet.

    python examples/score_expressions.py FOLDER [CLIP]

Without a clip of your own a synthetic patient is drawn, who blinks once and smiles.
"""

import sys
from pathlib import Path

import mien
from mien.blendshapes.formats import write


def main(folder: Path, clip: Path | None = None) -> None:
    if clip is None:
        clip = folder / "smiling.mp4"
        script = mien.Script(
            seconds=2, fps=12, width=320, height=240, blinks=(0.5,), smile=(1.0, 1.8)
        )
        mien.render_phantom(script, clip)
    recording = mien.blendshapes(clip).recording
    write(folder / "scores.csv", recording)

    table = recording.to_frame().set_index("time_s")
    for score in ("eyeBlinkLeft", "mouthSmileLeft", "jawOpen"):
        print(f"{score}: most at {table[score].idxmax():.2f} s, {table[score].max():.2f}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
