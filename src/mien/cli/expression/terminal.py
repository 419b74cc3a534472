"""A session of the capture protocol in a terminal: its screens, and Enter."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

    from mien.recording.screen import Screen


class Terminal:
    """Shows screens on stderr: the whole terminal, or a line per stage where there is none."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._whole = self._console.is_interactive and sys.stderr.isatty()
        self._live: Live | None = None
        self._last: tuple[object, ...] = ()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def ask(self, screen: Screen) -> None:
        """Show an instruction and wait for Enter."""
        self._close()
        self._console.print(f"\n{screen.number}/{screen.total}  {screen.text}", markup=False)
        self._last = ()
        try:
            self._console.input("[Enter] ", markup=False)
        except EOFError:
            raise KeyboardInterrupt from None

    def show(self, screen: Screen) -> None:
        """Show what is to be seen now."""
        if self._whole and not screen.waits:
            from rich.live import Live

            if self._live is None:
                self._live = Live(
                    console=self._console, screen=True, refresh_per_second=10, transient=True
                )
                self._live.start()
            size = self._console.size
            self._live.update(draw(screen, size.width, size.height))
            return
        now = (screen.stage, screen.expression, screen.paused)
        if now != self._last and not self._whole:
            print(f"{_place(screen)}{screen.text}", file=sys.stderr, flush=True)
        self._last = now

    def _close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def _place(screen: Screen) -> str:
    """Which expression of how many it is, and what it is called, before a screen's text."""
    place = f"{screen.number}/{screen.total} " if screen.number else ""
    return place + (f"{screen.named}: " if screen.named else "")


def draw(screen: Screen, width: int, height: int) -> RenderableType:
    """A screen as text: words above, the point in its place, progress below."""
    from textwrap import wrap

    from rich.text import Text

    bar = max(width - 24, 10)
    filled = round(bar * screen.progress)
    place = _place(screen)
    style = "yellow bold" if screen.paused else "bold"
    head = [Text(f" {line}", style=style) for line in wrap(place + screen.text, max(width - 2, 20))]
    foot = f" {'█' * filled}{'░' * (bar - filled)} {screen.kept}/{screen.wanted}"
    rows = [" " * width for _ in range(max(height - 1 - len(head), 1))]
    if screen.fixation is not None:
        x = min(int(screen.fixation[0] * width), width - 1)
        y = min(int(screen.fixation[1] * len(rows)), len(rows) - 1)
        rows[y] = " " * x + "+" + " " * (width - x - 1)
    return Text("\n").join([*head, *(Text(row) for row in rows), Text(foot[:width])])
