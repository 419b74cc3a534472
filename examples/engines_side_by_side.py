"""Hide one patient in several ways, and see what each leaves of the movement.

python examples/engines_side_by_side.py FOLDER [CLIP]
"""

import sys
from pathlib import Path

import mien
from mien.engines import offered
from mien.fidelity.figures import FIGURES

MOTION = FIGURES["dynamics.r_cca"]


def main(folder: Path, clip: Path | None = None, engines: tuple[str, ...] = ()) -> None:
    if clip is None:
        clip = folder / "speaking.mp4"
        script = mien.Script(seconds=2, fps=15, width=320, height=240, speech=(0.2, 1.8))
        mien.render_phantom(script, clip)
    for engine in engines or offered():
        settings = mien.Settings(engine=engine, subject="P01", judges=())
        result = mien.deidentify(clip, folder / f"{engine}.mp4", settings)
        metrics = mien.evaluate(clip, result.output, only="fidelity").metrics
        kept = metrics.value(MOTION)
        print(f"{engine}: {MOTION.name} {'not read' if kept is None else format(kept, '.2f')}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
