"""The process that de-identifies one call, as the server sees it.

Only the newest picture waits to be sent. When the process ends, however it ends, the server is told
at once; it shows nothing that did not come from there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from threading import Lock, Thread
from typing import Any

from mien.live.calls.wire import Planes, receive, send
from mien.live.latest import Closed, Latest
from mien.live.settings import LiveSettings

_WORDS = 4096  # bytes that are kept of what a process says last
_PATIENCE_S = 5.0  # for its end, before it is ended


class Remote:
    """De-identifies pictures in a process of its own.

    Parameters
    ----------
    settings : LiveSettings
        What the user wants.
    shown : callable
        Given each picture that may be shown, from a thread of its own.
    gone : callable
        Called once when the process has ended without being asked to.
    command : sequence of str, optional
        What is run instead, with the settings as its last word; for tests.
    """

    def __init__(
        self,
        settings: LiveSettings,
        shown: Callable[[Planes], None],
        gone: Callable[[], None],
        command: Sequence[str] = (sys.executable, "-m", "mien.live.calls.worker"),
    ) -> None:
        self._shown, self._gone = shown, gone
        self._newest: Latest[Planes] = Latest()
        self._closing = False
        self._lock = Lock()
        self._said = b""
        self._process = subprocess.Popen(
            [*command, _written(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for name, work in (("to", self._send), ("from", self._take), ("words", self._listen)):
            Thread(target=work, name=f"mien-call-{name}", daemon=True).start()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def dropped(self) -> int:
        """Pictures that were replaced by newer ones before they were sent."""
        return self._newest.dropped

    @property
    def said(self) -> str:
        """The end of what the process wrote on its standard error."""
        return self._said.decode("utf-8", "replace")

    def offer(self, picture: Planes) -> None:
        """Have a picture de-identified, unless a newer one comes before it is sent."""
        try:
            self._newest.put(picture)
        except Closed:
            return

    def close(self) -> None:
        """End the process; takes some seconds at most."""
        with self._lock:
            self._closing = True
        self._newest.close()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self) -> None:
        assert self._process.stdin is not None
        stream: Any = self._process.stdin
        try:
            while True:
                picture = self._newest.get()
                assert picture is not None
                send(stream, picture)
        except (Closed, OSError):
            self._newest.close()
        finally:
            try:
                stream.close()
            except OSError:
                pass  # it reads no more

    def _take(self) -> None:
        assert self._process.stdout is not None
        stream: Any = self._process.stdout
        with stream:
            while (picture := receive(stream)) is not None:
                self._shown(picture)
        self._newest.close()
        with self._lock:
            asked = self._closing
        if not asked:
            self._gone()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            while piece := stream.read1(_WORDS):  # type: ignore[attr-defined]
                self._said = (self._said + piece)[-_WORDS:]


def _written(settings: LiveSettings) -> str:
    chosen = {key: value for key, value in asdict(settings).items() if value is not None}
    if "bank" in chosen:
        chosen["bank"] = str(chosen["bank"])
    return json.dumps(chosen)
