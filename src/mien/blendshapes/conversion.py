"""A recording under other names, and sentences on what is lost on the way."""

from __future__ import annotations

from collections.abc import Sequence

from mien.blendshapes.names import ARKIT, MEDIAPIPE
from mien.blendshapes.recording import Recording


def to_mediapipe(recording: Recording) -> tuple[Recording, tuple[str, ...]]:
    """MediaPipe's 52 names in its order, and sentences on what was lost on the way."""
    return _renamed(recording, MEDIAPIPE, "MediaPipe")


def to_arkit(recording: Recording) -> tuple[Recording, tuple[str, ...]]:
    """ARKit's 52 names in the order of Live Link Face, and sentences on what was lost."""
    return _renamed(recording, ARKIT, "ARKit")


def _renamed(
    recording: Recording, names: tuple[str, ...], whose: str
) -> tuple[Recording, tuple[str, ...]]:
    unknown = [name for name in names if name not in recording.names]
    losses = (
        *dropped_names(recording, names, whose),
        *sentence(unknown, "left empty: nothing is known of it"),
    )
    return recording.select(names), losses


def dropped_names(recording: Recording, names: Sequence[str], whose: str) -> tuple[str, ...]:
    """A sentence on the scores that are not among `names`, if there are any."""
    dropped = [name for name in recording.names if name not in names]
    return sentence(dropped, f"dropped: {whose} has no such name")


def dropped_columns(
    recording: Recording, *, timecode: bool = False, people: bool = False
) -> tuple[str, ...]:
    """Sentences on timecodes and people, where a layout has no place for them."""
    losses = []
    if timecode and recording.timecodes is not None:
        losses.append("Timecodes are dropped; times count from the first frame.")
    if people and recording.participants is not None:
        losses.append("Participants are dropped.")
    if people and recording.expressions is not None:
        losses.append("Expressions are dropped.")
    return tuple(losses)


def sentence(names: Sequence[str], done: str) -> tuple[str, ...]:
    """One sentence on what is done to scores; none if there are no scores."""
    if not names:
        return ()
    few, rest = list(names), ""
    if len(few) > 5:
        rest = f" and {len(few) - 4} others"
        few = few[:4]
    elif len(few) > 1:
        rest = f" and {few.pop()}"
    return (f"{', '.join(few)}{rest} {'is' if len(names) == 1 else 'are'} {done}.",)
