"""Where everything lies in the folder of a batch."""

from __future__ import annotations

import re
from pathlib import Path

STATE, RESULTS, EVIDENCE, REPORT = "state", "results", "evidence", "report"
"""Folders of a batch."""
DRIVER, QUARANTINE, STORE = "driver.lock", "quarantine.json", "store.json"
"""Files of its memory: what a driver holds, what is not done, where results go."""
OWNERS = "owners"
"""The folder of its memory with a file for each result."""
STUCK = "stuck"
"""The folder of its memory with notes of workers that got no further."""
PLAN, STANDING = "plan.tsv", "standing.json"
"""Files of its memory for those who look at it: all tasks, and how far it has come."""
VERSION = 1
"""Of these two: who knows another one reads neither."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What results are called, without their endings."""


def owner_of(folder: Path, name: str) -> Path:
    """Where it is said of which task the result of a name is."""
    return folder / STATE / OWNERS / f"{name}.json"


def notes_of(folder: Path, key: str) -> Path:
    """Where a worker that gets no further with a task says where it was."""
    return folder / STATE / STUCK / f"{key}.txt"


def record_of(folder: Path, key: str) -> Path:
    """Where it is said that a task is done."""
    return folder / STATE / key[:2] / f"{key}.json"
