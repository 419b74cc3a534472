"""Work that processes do in tests of batches in place of de-identifying: quick, and killable.

What a clip of a test says is what becomes of it: its words are read from the file.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from pathlib import Path

from mien.errors import NoFaceError, OutputError, PrivacyError
from mien.outputs import checksum, complete
from mien.scale.far import Url
from mien.scale.plan import read_plan
from mien.scale.run import Driver
from mien.scale.state import State
from mien.scale.store import Store
from mien.scale.task import Outcome, Task, do
from mien.scale.workers import Processes
from mien.workers import threads

DRIVER = "MIEN_TEST_DRIVER"
"""Who drives, where that is not the parent of who works."""


def work(task: Task) -> Outcome:
    """Do a task as workers do it, with `deidentify` in place of mien's."""
    return do(task, deidentify)


def deidentify(source, output, settings):
    """Write a result that says what it was made of, unless the clip says what goes wrong."""
    said = Path(source).read_text().split()
    log = Path(output).parents[2] / "log"  # beside the batch's folder
    with log.open("a") as stream:
        stream.write(f"{Path(output).stem}\n")
    if "threads" in said:
        log.with_name("threads").write_text(str(threads()))
    tries = log.read_text().split().count(Path(output).stem)
    face = settings.surrogate
    if face == "auto":
        face = min(set(settings.open_bank().cards) - set(settings.avoid))
    if "hangs" in said or ("hangs-once" in said and tries == 1):
        ctypes.PyDLL(None).pause()  # and nothing else in Python runs meanwhile
    if "no-face" in said:
        raise NoFaceError(f"No frame of {source} shows a face.")
    if "withheld" in said or ("withheld-once" in said and tries == 1):
        raise PrivacyError("It could still be recognised.")
    if "full" in said:
        raise OutputError("The disk is full.") from OSError(28, "No space left on device")
    if "read-only" in said:
        raise OSError(30, "Read-only file system", str(output))
    if "odd" in said:
        raise RuntimeError(f"odd {source}")
    with complete(output, overwrite=settings.overwrite) as part:
        part.write_text(f"{face} {said}")
        if "dies" in said or ("dies-once" in said and tries == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if "driver-dies" in said and tries == 1:
            os.kill(int(os.environ.get(DRIVER, os.getppid())), signal.SIGKILL)
            signal.pause()  # until this process sees that the driver is gone
        if {"parent-dies", "parent-dies-alone"} & set(said) and tries == 1:
            os.kill(os.getppid(), signal.SIGKILL)  # with Ray: what starts its workers
            if "parent-dies" in said:
                signal.pause()
    if "dies-after" in said and tries == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    told = {
        "people": [{"surrogate": {"id": face}}],
        "input": {"sha256": checksum(Path(source)), "missing": {"much": False}},
        "output": {"sha256": checksum(output), "signed": False},
        "settings": {"engine": settings.engine},
        "ledger": {"counts": {"rendered": 1}},
    }
    with complete(output.with_suffix(".json")) as part:
        part.write_text(json.dumps(told))
    if "dies-before-its-record" in said and tries == 1:
        os.kill(os.getpid(), signal.SIGKILL)


class Here:
    """A pool in this process: quick, and nobody may die."""

    kind = "processes"

    def __init__(self, size: int) -> None:
        self.size = size
        self._waiting: list[Task] = []

    def start(self, task: Task) -> None:
        self._waiting.append(task)

    def finished(self, timeout_s: float) -> list[Outcome]:
        return [work(self._waiting.pop(0))]

    def close(self) -> None:
        self._waiting = []


def drive(plan: Path, folder: Path, size: int = 2, *, apart: bool = False, pool=None, **values):
    """Do a plan with such workers: a pool's, in processes of their own, or in this one."""
    from mien.pipeline.settings import Settings

    base = values.pop("base", Settings())
    state = State(folder, values.pop("store", None))
    return Driver(read_plan(plan), state, base, **values).run(
        pool or (Processes(size, work) if apart else Here(size))
    )


def on_ray():
    """A pool of Ray's on this machine, whose workers find this module."""
    from mien.scale.on_ray import OnRay

    os.environ["PYTHONPATH"] = str(Path(__file__).parent)
    os.environ[DRIVER] = str(os.getpid())
    return OnRay("local", work)


if __name__ == "__main__":
    plan, folder, *rest = sys.argv[1:]
    if rest == ["ray"]:
        drive(Path(plan), Path(folder), pool=on_ray())
    else:
        far = [Store(Url(written)) for written in rest]
        drive(Path(plan), Path(folder), apart=True, store=far[0] if far else None)
