"""`mien serve` as tests use it: a process, an address, and requests to it."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import httpx

LONGEST_S = 300.0
"""After which what a test waits for is not coming. A worker gives way to whatever else a computer
does, and choosing a face takes it 20 seconds of a processor."""


@dataclass
class Served:
    """`mien serve` in a process of its own."""

    process: subprocess.Popen[str]
    data: Path
    """Its folder."""
    address: str
    """What it printed."""
    api: httpx.Client = field(init=False)
    """Asks with the origin of the pages, and with a session once there is one."""

    def __post_init__(self) -> None:
        self.base = self.address.split("/enter")[0]
        self.api = httpx.Client(base_url=self.base, headers={"Origin": self.base}, timeout=60)

    def enter(self) -> Served:
        """Open the address that was printed."""
        assert self.api.get(self.address).status_code == 303
        return self

    def get(self, path: str) -> Any:
        """What the API answers."""
        answer = self.api.get(f"/api/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def upload(self, path: Path, **settings: str) -> dict[str, Any]:
        """A clip that the API took."""
        query = {"name": path.name, **settings}  # a name may be given too
        answer = self.api.post("/api/clips", params=query, content=path.read_bytes())
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def until(self, path: str, condition: Callable[[Any], bool]) -> Any:
        """What the API answers as soon as that is so."""
        pause, end = Event(), time.monotonic() + LONGEST_S
        while not condition(found := self.get(path)):
            assert time.monotonic() < end, found
            pause.wait(0.05)
        return found

    def workers(self) -> list[int]:
        """Process ids of its workers."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_text().split("\0")
            except OSError:  # it is gone
                continue
            if "mien.web.queue.worker" in words and str(self.data) in words:
                found.append(int(folder.name))
        return found

    def files(self) -> list[str]:
        """Names of all files below the projects."""
        root = self.data / "projects"
        return sorted(path.name for path in root.rglob("*") if path.is_file())

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End the server, and wait for it."""
        self.api.close()
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
