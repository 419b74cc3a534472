"""The tables of a data set, and what their columns are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mien.blendshapes.names import NAMES
from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.observation import ROLES
from mien.encounter.result import Encounter
from mien.encounter.timeline import Timeline
from mien.encounter.timeline_files import save_timelines, table_of
from mien.errors import OutputError
from mien.intake.tables import TIME
from mien.report.encounter.spreadsheets import timelines_csv
from mien.report.folder import Staged


def write_tables(
    staged: Staged, encounter: Encounter, labelled: Mapping[str, Timeline] | None
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = []
    for role in ROLES:
        line = encounter.timelines[role]
        table = table_of(line)
        names, sure = _labels_at(line, None if labelled is None else labelled[role])
        place = table.column_names.index("expression") + 1
        table = table.add_column(place, "expression_deidentified", pa.array(names, pa.string()))
        table = table.add_column(place + 1, "p_deidentified", pa.array(sure, pa.float32()))
        tables.append(table)
    joined = pa.concat_tables(tables)
    try:
        pq.write_table(joined, staged.part / "timeline.parquet", compression="zstd")
    except OSError as exc:
        raise OutputError(f"{staged.path} cannot be written: {exc.strerror or exc}.") from exc
    staged.write("timeline.csv", timelines_csv(tables))
    save_timelines(staged.part / "moments.parquet", list(encounter.fine.values()))


def _labels_at(line: Timeline, other: Timeline | None) -> tuple[list[Any], list[Any]]:
    """Expression and its probability in another timeline at the times of a first one."""
    names: list[Any] = [None] * len(line)
    sure: list[Any] = [None] * len(line)
    if other is not None and len(other):
        their = other.names()
        for k, time in enumerate(line.times):
            at = round(float(time - other.times[0]) / line.resolution)
            if 0 <= at < len(other) and their[at] is not None:
                names[k] = their[at]
                sure[k] = float(other.probabilities[at].max())
    return names, sure


def schema() -> dict[str, Any]:
    """What every column of the tables is, for JSON."""

    def column(name: str, kind: str, says: str, unit: str = "") -> dict[str, str]:
        found = {"name": name, "type": kind, "description": says}
        return found | ({"unit": unit} if unit else {})

    steps = [
        column(TIME, "float64", "Start of the step on the clock of the doctor's recording", "s"),
        column("role", "string", "Whose face: doctor or patient"),
        column("expression", "string", "What the face resembled most; null where not assessed"),
        *(
            column(f"p_{name}", "float32", f"Mean probability of an expression resembling {name}")
            for name in EXPRESSIONS
        ),
        column("assessable", "float32", "Share of the moments in which the face was assessed"),
        column("samples", "int32", "Moments looked at"),
        column("reason", "string", "Why there is no expression; null where there is one"),
        column("mouth", "float32", "Standard deviation of the lips' opening", "eye distances"),
        column("loudness", "float32", "Level of the sound", "dB under full scale"),
        column("speaking", "float32", "1 where the mouth moves while there is sound, else 0"),
        column("towards", "float32", "Share of moments turned to the other person; null without"),
        *(
            column(name, "float32", "Blendshape score, 0 to 1, ARKit's name, of the original")
            for name in NAMES
        ),
    ]
    after = [
        column(
            "expression_deidentified", "string",
            "What the face in the de-identified video resembled most; null where not assessed",
        ),
        column("p_deidentified", "float32", "Its mean probability"),
    ]  # fmt: skip
    return {
        "timeline.parquet": {
            "row": "one role in one step",
            "read": 'pandas.read_parquet("timeline.parquet")',
            "columns": [*steps[:3], *after, *steps[3:]],
        },
        "timeline.csv": {"row": "as timeline.parquet; an empty cell is null"},
        "moments.parquet": {"row": "one role at one moment", "columns": steps},
        "tables.json": {"content": "counts, comparison, durations, episodes, transitions, "
                        "synchrony, latency, computed from the two tables"},
        "manifest.json": {"content": "files with SHA-256, versions, settings, agreement of labels"},
        "videos": {"content": "MP4 (H.264); their first frames are at manifest.clock.recordings_s"},
    }  # fmt: skip
