"""Measure a tremor of the jaw before and after, and check it against what is true.

    python examples/tremor_before_and_after.py FOLDER

A synthetic patient trembles at 5 Hz; the mesh engine gives them another face.
"""

import sys
from pathlib import Path

import mien
from mien.phantom import Tremor

SETTINGS = mien.Settings(subject="P01", judges=())  # clips of one subject get one face


def main(folder: Path, settings: mien.Settings = SETTINGS) -> None:
    original, result = folder / "tremor.mp4", folder / "tremor-deid.mp4"
    script = mien.Script(
        seconds=3, fps=20, width=240, height=200, blinks=(), tremor=Tremor(hertz=5)
    )
    mien.render_phantom(script, original)
    mien.deidentify(original, result, settings)
    evidence = mien.evaluate(original, result, only="fidelity")

    table = evidence.metrics.to_frame().set_index("key")
    for key in table.index[table.index.str.startswith("tremor.")]:
        row = table.loc[key]
        print(f"{row['name']}: {row['value']:.3g} {row['unit']} (re-encoded: {row['ceiling']:.3g})")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
