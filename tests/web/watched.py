"""The folder of a batch as `mien batch` leaves it, made of nothing but its files."""

from __future__ import annotations

import json
from pathlib import Path

from mien.scale.places import (
    DRIVER,
    EVIDENCE,
    PLAN,
    QUARANTINE,
    REPORT,
    RESULTS,
    STANDING,
    STATE,
    record_of,
)

FOLDER = "/clinic/Jane Doe"
"""Where originals lie: on no page and in no answer but the command, for who may see it."""
SENTENCE = "No frame of the original of case-2 shows a face."


def key_of(name: str) -> str:
    """What a task is known by."""
    return name.encode().hex().rjust(64, "0")


def make_batch(folder: Path, names: tuple[str, ...] = ("case-1", "case-2", "case-3")) -> Path:
    """A batch nobody works on: the first is done and measured, the second is in quarantine, the
    others wait."""
    for name in (STATE, RESULTS, EVIDENCE, REPORT):
        (folder / name).mkdir(parents=True)
    state = folder / STATE
    lines = [f"{row}\t{key_of(name)}\t{name}\n" for row, name in enumerate(names, 1)]
    (state / PLAN).write_text("mien plan 1\n" + "".join(lines))
    (state / DRIVER).touch()
    (state / "checksums.json").write_text(json.dumps({f"{FOLDER}/Jane Doe.mp4": [1, 2, "x"]}))
    (state / "secret").write_text("secret of the batch")
    aside = {"name": names[1], "row": 2, "tries": 1, "sentence": SENTENCE}
    (state / QUARANTINE).write_text(json.dumps({key_of(names[1]): aside}))
    say(folder)
    record = record_of(folder, key_of(names[0]))
    record.parent.mkdir()
    counts = {"rendered": 95, "covered": 5}
    told = {"name": names[0], "engine": "mesh", "counts": counts, "seconds": 30.5}
    record.write_text(json.dumps(told))
    (folder / RESULTS / f"{names[0]}.mp4").write_bytes(b"video")
    (folder / RESULTS / f"{names[0]}.json").write_text(json.dumps({"settings": {"engine": "mesh"}}))
    page = "<!doctype html><html lang=en><title>report</title><h1>Report</h1>"
    (folder / EVIDENCE / names[0]).mkdir()
    (folder / EVIDENCE / names[0] / "report.html").write_text(page)
    (folder / REPORT / "cohort.html").write_text(
        f'{page}<a href="../evidence/{names[0]}/report.html">{names[0]}</a>'
    )
    for table in ("cohort.csv", "tests.csv", "batch.csv"):
        (folder / REPORT / table).write_text(f"name,sentence\n{names[1]},{SENTENCE}\n")
    return folder


def say(folder: Path, **values: object) -> None:
    """What the last driver said."""
    standing = {
        **{"version": 1, "stage": "ended", "machine": "here", "began": 1e9, "work_began": 1e9},
        **{"at": 1e9 + 3600, "total": 3, "read": 3, "worked": 1, "retried": 0, "workers": 2},
        **{"kind": "processes", "left_s": None, "at_work": {}, "again": {}},
        **{"machines": {"here": 1}, "folder": FOLDER},
        **{"command": ["mien", "batch", "my plan.csv", "-o", "cohort"]},
    }
    (folder / STATE / STANDING).write_text(json.dumps(standing | values))
