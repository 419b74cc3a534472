"""Networks and snapshots as the commands are given them, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mien.cli.failure import tell
from mien.counted import plural
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.selfnorm.network import SelfNorm
    from mien.selfnorm.opened import Network
    from mien.selfnorm.snapshots import Snapshots

_SEVEN = "seven"


def load(model: Path) -> Network:
    """A network of a file, or the one that comes with mien."""
    from mien.selfnorm.network import SelfNorm
    from mien.selfnorm.opened import open_network

    return SelfNorm.seven() if str(model) == _SEVEN else open_network(model)


def load_single(model: Path, what: str) -> SelfNorm:
    """A network that sees single snapshots, for what is done with those alone.

    Raises
    ------
    ParameterError
        If it reads sequences.
    """
    from mien.selfnorm.network import SelfNorm

    network = load(model)
    if not isinstance(network, SelfNorm):
        raise ParameterError(f"{model} reads sequences: {what} single snapshots only.")
    return network


def read(path: Path, inputs: str = "scores", network: Network | None = None) -> Snapshots:
    """Snapshots with only the classes that occur, and what a network is to see or sees."""
    from mien.selfnorm.geometry import INPUTS, is_geometry, with_inputs
    from mien.selfnorm.snapshot_files import read_snapshots

    if inputs not in INPUTS:
        raise ParameterError(f"--inputs is {', '.join(INPUTS)}, not {inputs!r}.")
    if network is not None and any(map(is_geometry, network.names)):
        inputs = "both"
    snapshots = read_snapshots(path, geometry=inputs != "scores")
    if network is None:
        snapshots = with_inputs(snapshots, inputs)
    return told_of(snapshots)


def told_of(snapshots: Snapshots) -> Snapshots:
    """With only the classes that occur, each row once; says what was left out, and slips."""
    for note in snapshots.notes:
        tell(note)
    again = snapshots.repeats()
    if count := int(again.sum()):
        tell(
            f"{plural(count, 'row')} {'is' if count == 1 else 'are'} there before, with the same "
            f"time and scores, and {'counts' if count == 1 else 'count'} once: is a file there "
            "twice?"
        )
        snapshots = snapshots.take(~again)
    there = [name for k, name in enumerate(snapshots.expressions) if (snapshots.labels == k).any()]
    for what, words in (("expressions", there), ("participants", snapshots.participants)):
        for alike in _alike(words):
            tell(f"{' and '.join(alike)} count as {len(alike)} {what}: write them alike if not.")
    return snapshots.relabelled(there)


def _alike(words: Iterable[str]) -> list[list[str]]:
    """Words that differ in nothing but capitals and spaces."""
    same: dict[str, list[str]] = {}
    for word in sorted(set(map(str, words))):
        same.setdefault("".join(word.casefold().split()), []).append(word)
    return [found for found in same.values() if len(found) > 1]


def of_known_classes(network: Network, snapshots: Snapshots) -> Snapshots:
    """Without what is labelled as something that the network does not know."""
    others = [name for name in snapshots.expressions if name not in network.expressions]
    if not others or len(others) == len(snapshots.expressions):
        return snapshots
    known = snapshots.relabelled(
        [name for name in snapshots.expressions if name in network.expressions]
    )
    keep = (known.labels >= 0) | (snapshots.labels < 0)
    gone = int((~keep).sum())
    tell(
        f"{plural(gone, 'snapshot')} {'is' if gone == 1 else 'are'} labelled "
        f"{', '.join(others[:5])}, which this network does not know, and "
        f"{'is' if gone == 1 else 'are'} left out."
    )
    return known.take(keep)


def say_missing(network: Network, snapshots: Snapshots) -> None:
    """Name the scores that a network would look for in vain."""
    lacking = snapshots.missing(network.names)
    if lacking and len(lacking) < len(network.names):
        more = len(lacking) - 3
        others = f" and {plural(more, 'other')}" if more > 0 else ""
        tell(f"not in the file, and taken as 0: {', '.join(lacking[:3])}{others}.")
