"""Tables of what a network says about a file of scores, frame by frame."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mien.blendshapes.formats import read as read_recording
from mien.errors import FormatError
from mien.intake.tables import TIME
from mien.outputs import check_free, complete
from mien.selfnorm.opened import Network
from mien.selfnorm.snapshot_files import Rows, read_rows


def read_frames(path: Path, *, geometry: bool = False) -> Rows:
    """Frames of any file of scores, or of snapshots.

    Parameters
    ----------
    path : Path
    geometry : bool
        Read landmarks too, of a table that has them.

    Raises
    ------
    FormatError
        If the file cannot be read.
    """
    if not path.is_dir() and not geometry:
        try:
            return Rows.of(read_recording(path), path.name)
        except FormatError:
            pass  # snapshots may have no times, and gaps in them
    return read_rows(path, geometry=geometry)


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a network says of the frames of a file."""

    frames: Rows
    """Of the file."""
    expressions: tuple[str, ...]
    """The network's classes."""
    probabilities: np.ndarray
    """Of each class in the n frames with a face, shape (n, n_classes)."""
    decided: np.ndarray
    """Class, or -1 where the network abstains, shape (n,)."""

    @staticmethod
    def of(network: Network, frames: Rows) -> Predictions:
        """Ask a network."""
        probabilities = network.classify(frames.snapshots)
        return Predictions(
            frames, network.expressions, probabilities, network.decide(probabilities)
        )

    def write(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write ``.csv`` or ``.parquet``: one row per frame, empty where there is no face.

        Raises
        ------
        OutputError
            If the file cannot be written or is in the way.
        """
        path = Path(path)
        check_free(path, overwrite, kind="a table of expressions", endings=(".csv", ".parquet"))
        with complete(path, overwrite=overwrite) as part:
            if path.suffix.lower() == ".csv":
                part.write_text(self._csv(), encoding="utf-8", newline="")
            else:
                import pyarrow.parquet as pq

                pq.write_table(self._table(), part, compression="zstd")

    @property
    def _with_people(self) -> bool:
        return bool((self.frames.snapshots.participants != "").any())

    def _places(self) -> np.ndarray:
        """Which of the n each frame of the file is, -1 without a face, shape (total,)."""
        places = np.full(self.frames.total, -1)
        places[self.frames.rows] = np.arange(len(self.frames.rows))
        return places

    def _csv(self) -> str:
        snapshots = self.frames.snapshots
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        who = ["participant"] if self._with_people else []
        names = [f"p_{name}" for name in self.expressions]
        writer.writerow(["frame", TIME, *who, "expression", *names])
        for frame, k in enumerate(self._places().tolist()):
            if k < 0:
                writer.writerow([frame, "", *[""] * (1 + len(who) + len(names))])
                continue
            said = self.expressions[self.decided[k]] if self.decided[k] >= 0 else ""
            people = [snapshots.participants[k]] if who else []
            numbers = [f"{value:.6f}" for value in self.probabilities[k]]
            time = f"{snapshots.times[k]:.6f}" if snapshots.timed else ""
            writer.writerow([frame, time, *people, said, *numbers])
        return text.getvalue()

    def _table(self) -> Any:
        import pyarrow as pa

        snapshots, places = self.frames.snapshots, self._places()
        gone = places < 0
        at = np.where(gone, 0, places)
        empty = np.zeros(len(places))

        def column(values: np.ndarray) -> np.ndarray:
            return values[at] if len(snapshots) else empty  # no face at all

        said = np.array([*self.expressions, None], object)
        columns: dict[str, Any] = {
            "frame": pa.array(np.arange(len(places), dtype=np.int32)),
            TIME: pa.array(column(snapshots.times), mask=gone | (not snapshots.timed)),
        }
        if self._with_people:
            columns["participant"] = pa.array(snapshots.participants[at].tolist(), mask=gone)
        decided = column(self.decided).astype(np.int64)
        columns["expression"] = pa.array(said[decided], pa.string(), mask=gone)
        for k, name in enumerate(self.expressions):
            values = column(self.probabilities[:, k]).astype(np.float32)
            columns[f"p_{name}"] = pa.array(values, mask=gone)
        return pa.table(columns)
