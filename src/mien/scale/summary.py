"""One report of a batch: what is done, what is not and why, and the table of the cohort."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mien.evidence import cohort
from mien.evidence.metrics import Metrics
from mien.report.evidence.results import write_cohort
from mien.report.folder import write_files
from mien.report.language import DEFAULT
from mien.report.spreadsheet import to_csv
from mien.scale.far import Url
from mien.scale.places import EVIDENCE, REPORT
from mien.scale.run import Batch
from mien.scale.store import Store

_TOLD = ("engine", "sha256", "signed", "seconds")


def write_report(
    batch: Batch, folder: Path, store: Store | None = None, language: str = DEFAULT
) -> list[Path | Url]:
    """Write the report of a batch into its folder, in place of an older one.

    Parameters
    ----------
    batch : Batch
        What became of the plan.
    folder : Path
        The batch's folder.
    store : Store, optional
        Where it goes, too.
    language : str
        Of the page and pictures of the cohort.

    Returns
    -------
    files : list of Path, or of Url in the store
        ``batch.csv``, every clip of the plan; ``quarantine.csv``, those that are not done, with the
        sentence; ``cohort.html`` with its tables where something was measured.

    Raises
    ------
    OutputError
        If they cannot be written.
    StorageError
        If the store does not answer.
    """
    place = folder / REPORT
    rows = [_row(name, record) for name, record in batch.done.items()]
    rows += [
        (one["name"], "quarantine", None, None, None, None, None, None, None, one["sentence"])
        for one in batch.quarantine
    ]
    heads = ["name", "state", "frames", "rendered", "covered", *_TOLD, "sentence"]
    files: dict[str, Any] = {
        "batch.csv": to_csv(heads, rows),
        "quarantine.csv": to_csv(
            ["name", "row", "tries", "sentence"],
            [(o["name"], o["row"], o["tries"], o["sentence"]) for o in batch.quarantine],
        ),
    }
    write_files(place, files, overwrite=True)
    names = list(files)
    measured = [
        {
            "clip": name,
            "error": None,
            "metrics": record["metrics"],
            "report": f"../{EVIDENCE}/{name}/report.html",
        }
        for name, record in batch.done.items()
        if record.get("metrics")
    ]
    if measured:
        tests = cohort.paired_tests([Metrics.from_json(row["metrics"]) for row in measured])
        write_cohort(measured, tests, place, overwrite=True, language=language)
        names.append("cohort.html")
    if store is None:
        return [place / name for name in names]
    store.put_folder(place, REPORT)
    return [store.url / REPORT / name for name in names]


def _row(name: str, record: dict[str, Any]) -> tuple[Any, ...]:
    counts = record.get("counts") or {}
    return (
        name,
        "done",
        sum(counts.values()),
        counts.get("rendered"),
        counts.get("covered"),
        *(record.get(key) for key in _TOLD),
        "",
    )
