"""What workers do in tests: nothing much instead of de-identifying, or that with fewer looks."""

from __future__ import annotations

import ctypes
import os
import signal
from threading import Event

from mien.web.queue.folders import MANIFEST, PREVIEW, RESULT
from mien.web.queue.tables import Kind
from mien.web.works.kinds import do
from thoroughness import FEWER


def quick(task, progress):
    """Make a result at once."""
    for done in range(1, 4):
        progress("rendering", done, 3)
    for name in (RESULT, MANIFEST, PREVIEW):
        (task.folder / name).write_bytes(task.clips[0].original.read_bytes())
    return {"frames": 3, "ledger": {}, "surrogates": [], "renderings": 1}


def sparing(task, progress):
    """Do a job as workers do, but look at what is made of a clip a little only."""
    if task.kind != Kind.DEIDENTIFY:
        return do(task, progress)
    from mien.web.works.deidentify import render

    return render(task, progress, FEWER)


def dying(task, progress):
    """End the process with half a file on the disk."""
    (task.folder / f".{RESULT}.1-2.part").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)


def crashing(task, progress):
    """End the process as a broken library does: it reads where nothing is."""
    ctypes.string_at(0)


def leaving(task, progress):
    """End the process with something that a worker does not catch."""
    raise SystemExit("the end of it")


def deaf(task, progress):
    """Write half a file, then neither end nor report."""
    (task.folder / f".{RESULT}.1-2.part").write_text("half")
    Event().wait()
