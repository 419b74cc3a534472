"""`mien expression train`: a network from snapshots, calibrated, and judged on other people."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Epochs
from mien.cli.expression.inputs import read
from mien.cli.expression.judged import (
    check_clusters,
    check_report,
    clusters_of,
    print_json,
    print_words,
    warn,
    write_report,
)
from mien.cli.expression.options import AsJson, Clusters, Data, Overwrite, Report
from mien.cli.failure import tell
from mien.cli.places import keep_input
from mien.counted import plural
from mien.errors import ParameterError
from mien.outputs import check_free

if TYPE_CHECKING:
    from mien.selfnorm.config import SelfNormConfig
    from mien.selfnorm.folds import CrossValidation
    from mien.selfnorm.snapshots import Snapshots

_SPLIT, _TEST, _VALIDATION = "participant", 0.2, 0.1


def train(
    data: Data,
    out: Annotated[Path, options.out("MODEL.npz", "The network goes here.")],
    report: Report = None,
    split: Annotated[
        str,
        typer.Option(
            metavar="participant|snapshot",
            help="What is divided at random. By snapshot LEAKS: the same people are in training "
            "and test.",
        ),
    ] = _SPLIT,
    test: Annotated[float, typer.Option(help="Share that tests.")] = _TEST,
    validation: Annotated[
        float, typer.Option(help="Share that validates; 0: no such set, the last epoch is kept.")
    ] = _VALIDATION,
    published: Annotated[
        bool,
        typer.Option(
            "--published",
            help="As Hartmann et al. 2022: by snapshot 85/15, which LEAKS, no validation set, "
            "inputs as they are.",
        ),
    ] = False,
    epochs: Annotated[int, typer.Option(min=1, help="Passes through the training set.")] = 400,
    patience: Annotated[
        int | None,
        typer.Option(min=1, help="Stop after so many epochs without a lower validation loss."),
    ] = None,
    trim: Annotated[
        float, typer.Option(metavar="SECONDS", help="Leave out the start of each recording.")
    ] = 0.0,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Subtract each participant's neutral face.")
    ] = False,
    neutral: Annotated[
        str, typer.Option(help="The expression that counts as neutral.")
    ] = "neutral",
    window: Annotated[
        int,
        typer.Option(
            metavar="SNAPSHOTS", help="Add mean, deviation and slope over so many; 0: none."
        ),
    ] = 0,
    inputs: Annotated[
        str,
        typer.Option(
            metavar="scores|geometry|both",
            help="What the network sees: scores, landmarks (of a table that has them), or both.",
        ),
    ] = "scores",
    widths: Annotated[
        str, typer.Option(metavar="N,N,...", help="Outputs of each hidden layer.")
    ] = ",".join(["64"] * 10),
    dropout: Annotated[float, typer.Option(help="Share of alpha dropout.")] = 0.1,
    l2: Annotated[float, typer.Option(help="Factor of the L2 penalty.")] = 0.25,
    l2_layers: Annotated[
        str, typer.Option(metavar="K,K,...", help="Hidden layers with it, from 1; empty: none.")
    ] = "5,10",
    raw: Annotated[
        bool, typer.Option("--raw", help="Do not standardise inputs; the paper does not.")
    ] = False,
    learning_rate: Annotated[float, typer.Option(help="Of Adam.")] = 0.001,
    batch: Annotated[int, typer.Option(min=2, help="Snapshots per step.")] = 128,
    balanced: Annotated[
        bool, typer.Option("--balanced", help="Let rare classes count for as much as others.")
    ] = False,
    mirror: Annotated[
        bool, typer.Option("--mirror", help="Show half of the snapshots with sides exchanged.")
    ] = False,
    noise: Annotated[float, typer.Option(help="Deviation of noise on scores in training.")] = 0.0,
    accuracy: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="Abstain where needed for so many right answers on the validation set.",
        ),
    ] = None,
    participant: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose raw curves figure 5 shows.")
    ] = None,
    groups: Clusters = "hierarchical",
    folds: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Also teach a network for each of N folds of participants (10 is usual), and say "
            "how the accuracy varies.",
        ),
    ] = None,
    sequence: Annotated[
        int | None,
        typer.Option(
            metavar="SNAPSHOTS",
            help="Also teach a recurrent network on the last so many snapshots, compare, and write "
            "it beside OUT, with -sequence in its name.",
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="STATE.npz",
            help="Written every five epochs; where it is there, training goes on from it and ends "
            "as if it had never stopped.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of split and training.")] = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Teach a network, calibrate it, and judge it on people it has not seen.

    Needs torch (the extra train).

    Example: [bold]mien expression train study.parquet -o network.npz --report report[/bold]
    """
    from mien.report.study.tables import Study
    from mien.selfnorm.calibration import calibrate
    from mien.selfnorm.config import SelfNormConfig
    from mien.selfnorm.division import Division
    from mien.selfnorm.evaluation import evaluate as judge
    from mien.selfnorm.features import Features
    from mien.selfnorm.histories import check_sequences, mixed_recordings
    from mien.selfnorm.recurrent import SequenceConfig
    from mien.selfnorm.sequence import read_sequences
    from mien.selfnorm.splits import folds as divide
    from mien.selfnorm.training import train as teach
    from mien.selfnorm.unfinished import State

    check_free(out, overwrite, kind="a network", endings=(".npz",))
    check_report(report, overwrite, (data, out))
    if state is not None:
        check_free(state, True, kind="an unfinished training", endings=(".npz",))
        if state.absolute() in (out.absolute(), data.absolute()):
            raise ParameterError("--state names a file of its own: neither the data nor OUT.")
    if accuracy is not None and not 0 < accuracy < 1:
        raise ParameterError(f"--accuracy is a share between 0 and 1, not {accuracy}.")
    check_clusters(groups)
    if published:
        if split != _SPLIT or test != _TEST or validation != _VALIDATION:
            raise ParameterError(
                "--published says how to divide: leave --split, --test and --validation out."
            )
        split, test, validation, raw = "snapshot", 0.15, 0.0, True
    if accuracy is not None and not validation:
        raise ParameterError(
            "Without a validation set no threshold can be set: leave --accuracy out, or give "
            "--validation a share."
        )
    config = SelfNormConfig(
        widths=_numbers(widths, "--widths"),
        dropout=dropout,
        l2=l2,
        l2_layers=_numbers(l2_layers, "--l2-layers"),
        learning_rate=learning_rate,
        batch=batch,
        epochs=epochs,
        patience=patience,
        features=Features(window=window, baseline=baseline, neutral=neutral),
        balanced=balanced,
        mirror=mirror,
        noise=noise,
        standardise=not raw,
        seed=seed,
    )
    beside = out.with_name(f"{out.stem}-sequence{out.suffix}")
    if sequence is not None:
        check_free(beside, overwrite, kind="a network of sequences", endings=(".npz",))
        keep_input(beside, data)
        in_sequence = SequenceConfig(length=sequence, seed=seed)  # refuses before any work
    division = Division(by=split, validation=validation, test=test, seed=seed, trim=trim)
    snapshots = read(data, inputs)
    if sequence is not None:
        check_sequences(snapshots)
    if (sequence is not None or window) and (mixed := mixed_recordings(snapshots)):
        tell(
            f"{plural(mixed, 'recording')} (a participant showing an expression) with several "
            "rows of one time: whoever was recorded more than once is mixed up in sequences and "
            "windows."
        )
    snapshots = division.trimmed(snapshots)
    if participant is not None and participant not in snapshots.participants:
        raise ParameterError(f"There is no participant {participant} in {data.name}.")
    parts = division.parts(snapshots)
    if folds is not None:
        divide(snapshots, folds, validation=validation, seed=seed)  # refuses before any work
    with Epochs(data.name) as progress:
        made = teach(
            snapshots, parts, config, progress=progress, state=State(state) if state else None
        )
    network = made.network
    if len(parts.validation):
        network = calibrate(network, snapshots, accuracy, parts.validation)
    found = judge(network, snapshots, parts.test)
    network = division.noted(network, parts, snapshots, found)
    study = Study(
        snapshots, parts, network, found, made,
        clusters_of(snapshots, groups, centred=baseline, seed=seed),
        taught=judge(network, snapshots, parts.train),
        folds=None if folds is None else _crossed(snapshots, config, folds, validation),
        sequence=None
        if sequence is None
        else read_sequences(snapshots, parts, in_sequence, accuracy),
    )  # fmt: skip
    warn(study)
    write_report(study, report, overwrite, participant)
    network.save(out, overwrite=overwrite)
    if (one := study.sequence) is not None:
        noted = division.noted(one.network, parts, snapshots, one.evaluation)
        noted.save(beside, overwrite=overwrite)
    if as_json:
        print_json(study)
        return
    typer.echo(
        f"{out}: {plural(len(made.history), 'epoch')} in {made.seconds:.0f} s, epoch {made.best} "
        f"kept; split {parts.words}."
    )
    print_words(study, report)


def _crossed(
    snapshots: Snapshots, config: SelfNormConfig, count: int, validation: float
) -> CrossValidation:
    """Cross-validation, with a bar for each fold."""
    from mien.selfnorm.folds import cross_validate

    with ExitStack() as bars:

        def next_fold(number: int) -> Epochs:
            bars.close()
            return bars.enter_context(Epochs(f"fold {number + 1} of {count}"))

        return cross_validate(snapshots, config, count, validation=validation, progress=next_fold)


def _numbers(words: str, option: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in words.split(",") if word.strip())
    except ValueError:
        raise ParameterError(
            f"{option} is a list of whole numbers such as 64,64, not {words!r}."
        ) from None
