"""Clips of one person each, of whom nothing is easily left: what is rendered of them must stay so.

A product that covers or withholds everything leaves no face either. So the count of faces left
means something only beside this one: how many frames of plain clips were rendered, and how many
covered, before a change and after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from mien.phantom import Script, Tremor, render_phantom

PHANTOMS = 10
_SCRIPTS: tuple[dict, ...] = (
    {},
    {"speech": (0.2, 2.2)},
    {"smile": (0.4, 2.0)},
    {"tremor": Tremor(hertz=5.0, amplitude=0.03)},
    {"asymmetry": 0.7},
    {"head_motion": 1.0},
    {"light": 0.15},
    {"noise": 4.0},
    {"variable_frame_rate": True},
    {"blinks": (0.5, 1.0, 1.5, 2.0), "weak_side": "right", "asymmetry": 0.4},
)


def clips(folder: Path, recordings: Path | None) -> Iterator[Path]:
    """The recordings, and phantoms drawn into a folder where they are not there yet."""
    for path in sorted(recordings.glob("*.mp4")) if recordings else []:
        yield path
    for seed in range(PHANTOMS):
        path = folder / f"honest_{seed}.mp4"
        if not path.exists():
            script = {"seconds": 2.4, "fps": 25, "width": 512, "height": 512, **_SCRIPTS[seed]}
            render_phantom(Script(seed=seed, **script), path, overwrite=True)
        yield path


def worse(before: dict, after: dict) -> list[str]:
    """What got worse, in words.

    Parameters
    ----------
    before, after : dict
        By clip: ``status`` and ``counts`` of a run; clips that only one of them has are not
        compared.

    Returns
    -------
    found : list of str
    """
    found = []
    for name in sorted(before.keys() & after.keys()):
        old, new = before[name], after[name]
        if new["status"] and not old["status"]:
            found.append(f"{name}: withheld or failed (exit status {new['status']})")
        elif old["counts"] and new["counts"]:
            more = new["counts"]["covered"] - old["counts"]["covered"]
            if more > 0:
                found.append(f"{name}: {more} more frames covered")
    return found


def load(path: Path) -> dict:
    """Read what `save` wrote."""
    return json.loads(path.read_text())


def save(path: Path, rows: list[dict]) -> None:
    """Write exit status and ledger of each clip."""
    content = {row["scene"]: {k: row[k] for k in ("status", "counts", "error")} for row in rows}
    path.write_text(json.dumps(content, indent=1))
