"""What `train` and `evaluate` check, write and say of a study."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mien.cli.failure import tell
from mien.cli.places import keep_out
from mien.counted import plural
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.report.study.tables import Study
    from mien.selfnorm.clusters import Clusters
    from mien.selfnorm.snapshots import Snapshots

_METHODS = ("hierarchical", "kmeans")


def check_report(report: Path | None, overwrite: bool, kept: tuple[Path, ...]) -> None:
    """Refuse a report's place before any work."""
    from mien.report.folder import check_folder

    if report is not None:
        keep_out(report, kept)
        check_folder(report, overwrite)


def check_clusters(method: str) -> None:
    """Refuse a way to group that there is not."""
    if method not in _METHODS:
        raise ParameterError(f"--clusters is {method!r}: choose {' or '.join(_METHODS)}.")


def clusters_of(
    snapshots: Snapshots, method: str, *, centred: bool, seed: int = 0
) -> Clusters | None:
    """Mean faces that are alike; None of too few faces to group."""
    from mien.selfnorm.clusters import clusters

    try:
        return clusters(snapshots, method, centred=centred, seed=seed)
    except ParameterError:
        return None


def write_report(
    study: Study, report: Path | None, overwrite: bool, participant: str | None = None
) -> None:
    """Write the report if one is wanted."""
    from mien.report.study import page

    if report is not None:
        page.write(study, report, participant=participant, overwrite=overwrite)


def warn(study: Study) -> None:
    """Say on stderr what a reader has to know before any figure."""
    from mien.report.study.cautions import cautions

    if study.split.leaking:
        tell(f"the split is {study.split.words}; this accuracy does not hold for new people.")
    for sentence in cautions(study):
        tell(sentence[:1].lower() + sentence[1:])


def print_json(study: Study) -> None:
    """Print everything as one JSON object."""
    from mien.report.study import page

    print(json.dumps(page.summary(study), indent=2))


def print_words(study: Study, report: Path | None) -> None:
    """Print what the test said, and where it all is."""
    typer.echo("\n".join(_words(study.evaluation.as_dict())))
    if study.taught is not None and study.gap is not None:
        right = 100 * study.taught.measures.accuracy
        typer.echo(
            f"On the training set, after training: accuracy {right:.1f} %, "
            f"{100 * study.gap:+.1f} percentage points."
        )
    if study.folds is not None:
        (mean, f1), (sd, _) = study.folds.mean, study.folds.sd
        typer.echo(
            f"{len(study.folds.folds)}-fold cross-validation by participant: accuracy "
            f"{100 * mean:.1f} % (standard deviation {100 * sd:.1f}), macro F1 {100 * f1:.1f} %."
        )
    if study.sequence is not None:
        m = study.sequence.measures
        typer.echo(
            f"Sequences of {plural(study.sequence.length, 'snapshot')}, same test set: accuracy "
            f"{100 * m.accuracy:.1f} %, macro F1 {100 * m.macro_f1:.1f} %."
        )
    if report is not None:
        typer.echo(f"{report / 'report.md'} has it all.")


def _words(test: dict[str, Any]) -> list[str]:
    def percent(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:.1f} %"

    lines = [
        f"{plural(test['snapshots'], 'snapshot')} of "
        f"{plural(test['participants'], 'participant')}: accuracy "
        f"{percent(test['accuracy'])}, macro F1 {percent(test['macro_f1'])}, calibration error "
        f"{percent(test['ece'])} ({percent(test['ece_uncalibrated'])} as taught)."
    ]
    if test["threshold"]:
        lines.append(
            f"Answers {percent(test['answered'])} of them, {percent(test['accuracy_of_answers'])} "
            "of the answers right."
        )
    lines += [
        f"  {name}: recall {percent(of['recall'])}, precision {percent(of['precision'])}, F1 "
        f"{percent(of['f1'])}, specificity {percent(of['specificity'])}"
        for name, of in test["classes"].items()
    ]
    return lines
