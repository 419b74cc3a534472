"""Networks and snapshots as the commands are given them, and what is said of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mien.cli.failure import tell
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
    for note in snapshots.notes:
        tell(note)
    there = [name for k, name in enumerate(snapshots.expressions) if (snapshots.labels == k).any()]
    return snapshots.relabelled(there)


def of_known_classes(network: Network, snapshots: Snapshots) -> Snapshots:
    """Without what is labelled as something that the network does not know."""
    others = [name for name in snapshots.expressions if name not in network.expressions]
    if not others or len(others) == len(snapshots.expressions):
        return snapshots
    known = snapshots.relabelled(
        [name for name in snapshots.expressions if name in network.expressions]
    )
    keep = (known.labels >= 0) | (snapshots.labels < 0)
    tell(
        f"{int((~keep).sum())} snapshots are labelled {', '.join(others[:5])}, which this network "
        "does not know; they are left out."
    )
    return known.take(keep)


def say_missing(network: Network, snapshots: Snapshots) -> None:
    """Name the scores that a network would look for in vain."""
    lacking = snapshots.missing(network.names)
    if lacking and len(lacking) < len(network.names):
        others = f" and {len(lacking) - 3} others" if len(lacking) > 3 else ""
        tell(f"not in the file, and taken as 0: {', '.join(lacking[:3])}{others}.")
