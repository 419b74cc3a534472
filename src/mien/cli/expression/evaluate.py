"""`mien expression evaluate`: how well a network reads people whose expressions are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.expression.inputs import load, of_known_classes, read, say_missing
from mien.cli.expression.judged import (
    check_clusters,
    check_report,
    clusters_of,
    print_json,
    print_words,
    warn,
    write_report,
)
from mien.cli.expression.options import AsJson, Clusters, Data, Model, Overwrite, Report
from mien.cli.failure import tell
from mien.counted import plural
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.selfnorm.opened import Network
    from mien.selfnorm.snapshots import Snapshots
    from mien.selfnorm.splits import Split


def evaluate(
    model: Model,
    data: Data,
    report: Report = None,
    only_test: Annotated[
        bool,
        typer.Option(
            "--only-test",
            help="Judge by the test part of the split that the network was taught with, and by "
            "the part that taught it; DATA is then the file it was taught with.",
        ),
    ] = False,
    groups: Clusters = "hierarchical",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Judge a network on labelled snapshots.

    Example: [bold]mien expression evaluate network.npz other-clinic.parquet[/bold]
    """
    from mien.report.study.tables import Study
    from mien.selfnorm.evaluation import evaluate as judge
    from mien.selfnorm.network import SelfNorm

    check_report(report, overwrite, (data, model))
    check_clusters(groups)
    network = load(model)
    snapshots = read(data, network=network)
    say_missing(network, snapshots)
    divide = _as_taught if only_test else _all_of_it
    snapshots, parts = divide(network, snapshots, model, data)
    found = judge(network, snapshots, parts.test)
    centred = isinstance(network, SelfNorm) and network.config.features.baseline
    alike = clusters_of(snapshots, groups, centred=centred)
    taught = judge(network, snapshots, parts.train) if len(parts.train) else None
    study = Study(snapshots, parts, network, found, clusters=alike, taught=taught)
    write_report(study, report, overwrite)
    warn(study)
    if as_json:
        print_json(study)
        return
    print_words(study, report)


def _as_taught(
    network: Network, snapshots: Snapshots, model: Path, data: Path
) -> tuple[Snapshots, Split]:
    """The file that a network was taught with, divided as it was then."""
    from mien.selfnorm.division import Division

    division = Division.of(network)
    if division is None:
        raise ParameterError(f"{model} does not say how its data were divided.")
    snapshots = division.trimmed(snapshots)
    if len(snapshots) != division.snapshots:
        raise ParameterError(
            f"{data.name} is not what this network was taught with: "
            f"{plural(len(snapshots), 'snapshot')} in place of {division.snapshots}; leave "
            "--only-test out."
        )
    return snapshots, division.parts(snapshots)


def _all_of_it(
    network: Network, snapshots: Snapshots, model: Path, data: Path
) -> tuple[Snapshots, Split]:
    """Everything that is labelled as something that the network knows; all of it tests."""
    from mien.selfnorm.division import Division
    from mien.selfnorm.splits import whole

    division = Division.of(network)
    if division is not None and division.snapshots == len(snapshots):
        tell(
            f"{data.name} has as many snapshots as the network was taught with: if it is the "
            "same file, add --only-test."
        )
    snapshots = of_known_classes(network, snapshots)
    return snapshots, whole(snapshots)
