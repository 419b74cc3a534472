"""`mien expression live`: what a face resembles while a camera looks at it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.expression.inputs import load
from mien.cli.expression.options import Model
from mien.errors import ParameterError, VideoError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from mien.selfnorm.opened import Network

_SMOOTH = 5  # snapshots whose mean probability is shown, of a network of single ones
_BAR = 20  # signs


def live(
    model: Model,
    camera: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="A camera; 0 is the first one.")
    ] = None,
    video: Annotated[Path | None, typer.Option(metavar="CLIP", help="A clip in its place.")] = None,
    landmarker: options.Landmarker = None,
) -> None:
    """Show which expression a face resembles as it happens; nothing is stored.

    On a terminal one line changes; elsewhere there is a line for each change. Ctrl-C ends it.

    Example: [bold]mien expression live seven --camera 0[/bold]
    """
    from mien.recording.camera import pictures
    from mien.recording.replay import frames
    from mien.recording.sight import LiveFace
    from mien.selfnorm.geometry import is_geometry

    if (camera is None) == (video is None):
        raise ParameterError("Give a camera with --camera or a clip with --video, and not both.")
    if video is not None and not video.is_file():
        raise VideoError(f"{video} cannot be read: there is no such file")
    network = load(model)
    if any(map(is_geometry, network.names)) or _needs_more(network):
        raise ParameterError(
            f"{model} looks at windows, a neutral face or landmarks: it reads files, not cameras."
        )
    seen = frames(video) if video is not None else pictures(camera or 0)
    eye = LiveFace(landmarker)
    try:
        shown = _Line(network)
        for time, image in seen:
            sight = eye.see(image)
            shown.add(time, None if sight is None else sight.scores)
        shown.end()
    finally:
        eye.close()


def _needs_more(network: Network) -> bool:
    """Whether a network wants more of a snapshot than its scores and what came before."""
    from mien.selfnorm.network import SelfNorm

    if not isinstance(network, SelfNorm):
        return False
    features = network.config.features
    return bool(features.window) or features.baseline


def _asked(network: Network) -> tuple[Callable[[float, np.ndarray], np.ndarray], int]:
    """What gives the probabilities of a snapshot, and over how many of them a mean is shown."""
    from mien.selfnorm.following import Following
    from mien.selfnorm.network import SelfNorm

    if isinstance(network, SelfNorm):
        single = network.score_one
        return (lambda _, scores: single(scores)), _SMOOTH
    return Following(network).add, 1  # it looks back by itself


class _Line:
    """The line that says what the face resembles."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._ask, self._most = _asked(network)
        self._last: list[np.ndarray] = []
        self._said: str | None = None
        self._begun: float | None = None
        self._whole = sys.stdout.isatty()

    def add(self, time: float, scores: np.ndarray | None) -> None:
        """One more picture; None without a face."""
        self._begun = time if self._begun is None else self._begun
        word, sure = self._answer(time, scores)
        if self._whole:
            bar = "█" * round(_BAR * sure)
            sys.stdout.write(f"\r{word:24} {bar:{_BAR}} {100 * sure:3.0f} %")
            sys.stdout.flush()
        elif word != self._said:
            typer.echo(f"{time - self._begun:8.2f} s  {word} ({100 * sure:.0f} %)")
        self._said = word

    def end(self) -> None:
        """Leave the line."""
        if self._whole:
            typer.echo()

    def _answer(self, time: float, scores: np.ndarray | None) -> tuple[str, float]:
        if scores is None:
            self._last.clear()
            return "no face", 0.0
        self._last.append(self._ask(time, _ordered(self._network, scores)))
        del self._last[: -self._most]
        mean = sum(self._last[1:], self._last[0]) / len(self._last)
        best = int(self._network.decide(mean))
        sure = float(mean.max())
        return (f"resembles {self._network.expressions[best]}" if best >= 0 else "not sure"), sure


def _ordered(network: Network, scores: np.ndarray) -> np.ndarray:
    """Scores in the network's order, 0 where it knows one that a camera does not give."""
    import numpy as np

    from mien.blendshapes.names import NAMES

    held = dict(zip(NAMES, scores, strict=True))
    return np.array([held.get(name, 0.0) for name in network.names], np.float32)
