"""Tables of what a network says about a file of scores, frame by frame."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

from mien.blendshapes.formats import read as read_recording
from mien.errors import FormatError
from mien.outputs import check_free, complete
from mien.selfnorm.network import SelfNorm
from mien.selfnorm.snapshot_files import read_snapshots
from mien.selfnorm.snapshots import Snapshots


def read_rows(path: Path) -> tuple[Snapshots, np.ndarray, int]:
    """Snapshots of any file of scores, and the frames of the file that they are.

    Returns
    -------
    snapshots : Snapshots
        The n frames with a face.
    rows : np.ndarray [shape=(n,)]
        Their places in the file, from 0.
    total : int
        Frames in the file.

    Raises
    ------
    FormatError
        If the file cannot be read.
    """
    if not path.is_dir():
        try:
            recording = read_recording(path)
        except FormatError:
            pass  # snapshots may have a column of devices
        else:
            snapshots, kept = Snapshots.of_rows(recording)
            return snapshots, kept, len(recording.times)
    snapshots = read_snapshots(path)
    return snapshots, np.arange(len(snapshots)), len(snapshots)


def write_rows(
    path: Path,
    network: SelfNorm,
    snapshots: Snapshots,
    rows: np.ndarray,
    total: int,
    probabilities: np.ndarray,
    decided: np.ndarray,
    *,
    overwrite: bool = False,
) -> None:
    """Write ``.csv`` or ``.parquet``: one row per frame, empty where there is no face.

    Parameters
    ----------
    path : Path
    network : SelfNorm
    snapshots, rows, total
        As `read_rows` gives them.
    probabilities : np.ndarray [shape=(n, n_classes)]
    decided : np.ndarray [shape=(n,)]
        Class, or -1 where the network abstains.
    overwrite : bool
        Replace a file that is there.

    Raises
    ------
    OutputError
        If the file cannot be written or is in the way.
    """
    check_free(path, overwrite, kind="a table of expressions", endings=(".csv", ".parquet"))
    names = [f"p_{name}" for name in network.expressions]
    place = np.full(total, -1)
    place[rows] = np.arange(len(rows))
    with_people = bool((snapshots.participants != "").any())
    with complete(path, overwrite=overwrite) as part:
        if path.suffix.lower() == ".csv":
            text = io.StringIO(newline="")
            writer = csv.writer(text, lineterminator="\n")
            who = ["participant"] if with_people else []
            writer.writerow(["frame", "time", *who, "expression", *names])
            for frame, k in enumerate(place.tolist()):
                if k < 0:
                    writer.writerow([frame, "", *[""] * (1 + len(who) + len(names))])
                    continue
                said = network.expressions[decided[k]] if decided[k] >= 0 else ""
                people = [snapshots.participants[k]] if with_people else []
                numbers = [f"{value:.6f}" for value in probabilities[k]]
                writer.writerow([frame, f"{snapshots.times[k]:.6f}", *people, said, *numbers])
            part.write_text(text.getvalue(), encoding="utf-8", newline="")
        else:
            _parquet(part, network, snapshots, place, probabilities, decided, with_people)


def _parquet(
    path: Path,
    network: SelfNorm,
    snapshots: Snapshots,
    place: np.ndarray,
    probabilities: np.ndarray,
    decided: np.ndarray,
    with_people: bool,
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    gone = place < 0
    at = np.where(gone, 0, place)
    if not len(snapshots):  # no face at all
        at = np.zeros(0, np.int64)
    empty = np.zeros(len(place))

    def column(values: np.ndarray) -> np.ndarray:
        return values[at] if len(at) else empty

    said = np.array([*network.expressions, None], object)[column(decided).astype(np.int64)]
    columns: dict[str, Any] = {
        "frame": pa.array(np.arange(len(place), dtype=np.int32)),
        "time": pa.array(column(snapshots.times), mask=gone),
    }
    if with_people:
        columns["participant"] = pa.array(snapshots.participants[at].tolist(), mask=gone)
    columns["expression"] = pa.array(said, pa.string(), mask=gone)
    for k, name in enumerate(network.expressions):
        values = column(probabilities[:, k]).astype(np.float32)
        columns[f"p_{name}"] = pa.array(values, mask=gone)
    pq.write_table(pa.table(columns), path, compression="zstd")
