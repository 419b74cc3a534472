"""Correlations of all pairs of landmarks over a cohort: a picture, a table of parts, all pairs."""

from __future__ import annotations

from mien.evidence.matrices import KEYS, Matrices
from mien.fidelity.dynamics import FIRST, SECOND
from mien.report.drawing import Drawing, drawn, finish
from mien.report.evidence.measures.dynamics import maps
from mien.report.numbers import UNKNOWN, number, share
from mien.report.spreadsheet import to_csv


@drawn
def drawn_matrices(matrices: Matrices) -> Drawing | None:
    """The three matrices; None where nothing is known."""
    figure = maps([("mean of all clips", matrices.pairs)])
    if figure is None:
        return None
    caption = (
        "How alike two landmarks move against each other in original and result, mean of "
        f"{matrices.as_dict()['clips']} clips, for each pair of 51 landmarks: 1 (yellow) is alike, "
        "0 (dark) is not; the mean of all pairs stands above."
    )
    return finish("matrices", caption, figure)


def parts_table(matrices: Matrices) -> list[list[str]]:
    """For each two parts of the face: names, then mean and share over .9 of each of `KEYS`."""
    rows = []
    for row in matrices.as_dict()["parts"]:
        cells = [" and ".join(dict.fromkeys(row["parts"]))]
        for key in KEYS:
            cells.append(
                UNKNOWN
                if row[key] is None
                else f"{number(row[key])} ({share(row[f'{key}_over_90'])})"
            )
        rows.append(cells)
    return rows


def pairs_table(matrices: Matrices) -> str:
    """One row per pair of the 51 landmarks, numbered as in dlib's 68 from 0, as CSV."""
    columns = [matrices.pairs[key] for key in KEYS]
    return to_csv(
        ["landmark_1", "landmark_2", *KEYS, "clips"],
        zip(FIRST + 17, SECOND + 17, *columns, matrices.clips, strict=True),
    )
