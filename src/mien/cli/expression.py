"""`mien expression`: teach, judge, use and pass on the expression network; record and simulate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options
from mien.cli.bars import Epochs
from mien.cli.expression_capture import capture
from mien.cli.failure import STATUSES, guarded, tell
from mien.errors import OutputError, ParameterError
from mien.outputs import check_free

if TYPE_CHECKING:
    from mien.selfnorm.network import SelfNorm
    from mien.selfnorm.snapshots import Snapshots

expression = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Teach, judge and use the self-normalising expression network.",
)

Data = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help="Snapshots: .parquet, .csv or a folder of them; columns participant, expression, "
        "time and the scores by name.",
    ),
]
Model = Annotated[Path, typer.Argument(metavar="MODEL.npz", help="What `train` wrote, or `seven`.")]
Overwrite = Annotated[bool, options.overwrite()]
AsJson = Annotated[bool, options.as_json("a summary")]
Report = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Tables, figures and metrics.json: a new folder."),
]
Groups = Annotated[
    str, typer.Option("--clusters", metavar="hierarchical|kmeans", help="How mean faces group.")
]
_SEVEN = "seven"


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
    ] = "participant",
    test: Annotated[float, typer.Option(help="Share that tests.")] = 0.2,
    validation: Annotated[float, typer.Option(help="Share that validates.")] = 0.1,
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
    widths: Annotated[
        str, typer.Option(metavar="N,N,...", help="Outputs of each hidden layer.")
    ] = ",".join(["64"] * 10),
    dropout: Annotated[float, typer.Option(help="Share of alpha dropout.")] = 0.1,
    l2: Annotated[float, typer.Option(help="Factor of the L2 penalty.")] = 0.25,
    l2_layers: Annotated[
        str, typer.Option(metavar="K,K,...", help="Hidden layers with it, from 1; empty: none.")
    ] = "5,10",
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
    groups: Groups = "hierarchical",
    seed: Annotated[int, typer.Option(min=0, help="Of split and training.")] = 0,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Teach a network, calibrate it, and judge it on people it has not seen.

    Needs torch: pip install 'mien\\[train]'.

    Example: [bold]mien expression train study.parquet -o network.npz --report report[/bold]
    """
    from mien.selfnorm import splits
    from mien.selfnorm.calibration import calibrate
    from mien.selfnorm.config import SelfNormConfig
    from mien.selfnorm.evaluation import evaluate as judge
    from mien.selfnorm.features import Features
    from mien.selfnorm.training import train as teach

    check_free(out, overwrite, kind="a network", endings=(".npz",))
    _check_report(report, overwrite, (data, out))
    if accuracy is not None and not 0 < accuracy < 1:
        raise ParameterError(f"--accuracy is a share between 0 and 1, not {accuracy}.")
    if groups not in ("hierarchical", "kmeans"):
        raise ParameterError(f"--clusters is {groups!r}: choose hierarchical or kmeans.")
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
        seed=seed,
    )
    snapshots = splits.trim(_occurring(_read(data)), trim)
    if participant is not None and participant not in snapshots.participants:
        raise ParameterError(f"There is no participant {participant} in {data.name}.")
    parts = splits.split(snapshots, split, validation=validation, test=test, seed=seed)
    if parts.leaking:
        tell(f"the split is {parts.words}; this accuracy does not hold for new people.")
    with Epochs(data.name) as progress:
        made = teach(snapshots, parts, config, progress=progress)
    network = calibrate(made.network, snapshots, accuracy, parts.validation)
    found = judge(network, snapshots, parts.test)
    network = _noted(
        network,
        split={
            "by": parts.by, "words": parts.words, "validation": validation, "test": test,
            "seed": seed, "trim": trim, "snapshots": len(snapshots),
        },
        test={
            name: value
            for name, value in found.as_dict().items()
            if isinstance(value, int | float)
        },
    )  # fmt: skip
    groups_found = _clusters(snapshots, groups, baseline, seed)
    from mien.report.study import page as expression_study
    from mien.report.study.tables import Study

    done = Study(snapshots, parts, network, found, made, groups_found)
    if report is not None:
        expression_study.write(done, report, participant=participant, overwrite=overwrite)
    network.save(out, overwrite=overwrite)
    numbers = expression_study.summary(done)
    if as_json:
        print(json.dumps(numbers, indent=2))
        return
    typer.echo(
        f"{out}: {len(made.history)} epochs in {made.seconds:.0f} s, epoch {made.best} kept; "
        f"split {parts.words}."
    )
    typer.echo("\n".join(_words(numbers["test"])))
    if report is not None:
        typer.echo(f"{report / 'report.md'} has it all.")


def evaluate(
    model: Model,
    data: Data,
    report: Report = None,
    only_test: Annotated[
        bool,
        typer.Option(
            "--only-test",
            help="Judge by the test part of the split that the network was taught with; DATA is "
            "then the file it was taught with.",
        ),
    ] = False,
    groups: Groups = "hierarchical",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Judge a network on labelled snapshots.

    Example: [bold]mien expression evaluate network.npz other-clinic.parquet[/bold]
    """
    import numpy as np

    from mien.report.study import page as expression_study
    from mien.report.study.tables import Study
    from mien.selfnorm import splits
    from mien.selfnorm.evaluation import evaluate as judge

    _check_report(report, overwrite, (data, model))
    if groups not in ("hierarchical", "kmeans"):
        raise ParameterError(f"--clusters is {groups!r}: choose hierarchical or kmeans.")
    network = _load(model)
    snapshots = _occurring(_read(data))
    _say_missing(network, snapshots)
    if only_test:
        noted = network.notes.get("split", {})
        if not {"by", "validation", "test", "seed", "trim", "snapshots"} <= set(noted):
            raise ParameterError(f"{model} does not say how its data were divided.")
        snapshots = splits.trim(snapshots, noted["trim"])
        if len(snapshots) != noted["snapshots"]:
            raise ParameterError(
                f"{data.name} is not what this network was taught with: {len(snapshots)} snapshots "
                f"in place of {noted['snapshots']}; leave --only-test out."
            )
        parts = splits.split(
            snapshots,
            noted["by"],
            validation=noted["validation"],
            test=noted["test"],
            seed=noted["seed"],
        )
    else:
        if network.notes.get("split", {}).get("snapshots") == len(snapshots):
            tell(
                f"{data.name} has as many snapshots as the network was taught with: if it is the "
                "same file, add --only-test."
            )
        snapshots = _of_known_classes(network, snapshots)
        nothing = np.zeros(0, np.int64)
        parts = splits.Split(splits.WHOLE, nothing, nothing, np.arange(len(snapshots)))
    found = judge(network, snapshots, parts.test)
    groups_found = _clusters(snapshots, groups, network.config.features.baseline, 0)
    done = Study(snapshots, parts, network, found, clusters=groups_found)
    if report is not None:
        expression_study.write(done, report, overwrite=overwrite)
    if as_json:
        print(json.dumps(expression_study.summary(done), indent=2))
        return
    if parts.leaking:
        tell(f"the split is {parts.words}; this accuracy does not hold for new people.")
    typer.echo("\n".join(_words(found.as_dict())))
    if report is not None:
        typer.echo(f"{report / 'report.md'} has it all.")


def predict(
    model: Model,
    scores: Annotated[
        Path,
        typer.Argument(metavar="SCORES", help="Any file of scores that mien reads, or snapshots."),
    ],
    out: Annotated[
        Path,
        options.out(
            "OUT.csv|.parquet",
            "The table: frame, time, expression (empty: no face, or not sure), probabilities.",
        ),
    ],
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Abstain below this probability, not the network's own."),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Say what a face expresses, frame by frame.

    Example: [bold]mien expression predict seven visit.csv -o visit-expressions.csv[/bold]
    """
    import numpy as np

    from mien.selfnorm.predictions import Predictions, read_frames

    check_free(out, overwrite, kind="a table of expressions", endings=(".csv", ".parquet"))
    if out.exists() and scores.exists() and out.samefile(scores):
        raise OutputError(f"{out} is the input: choose another place with --out.")
    network = _load(model)
    if threshold is not None:
        network = network.calibrated(network.temperature, threshold)
    frames = read_frames(scores)
    snapshots, total = frames.snapshots, frames.total
    for note in snapshots.notes:
        tell(note)
    _say_missing(network, snapshots)
    predictions = Predictions.of(network, frames)
    predictions.write(out, overwrite=overwrite)
    decided = predictions.decided
    counts = np.bincount(decided[decided >= 0], minlength=len(network.expressions))
    if as_json:
        summary = {
            "input": str(scores),
            "output": str(out),
            "frames": total,
            "with_face": len(snapshots),
            "abstained": int((decided < 0).sum()),
            "expressions": dict(zip(network.expressions, counts.tolist(), strict=True)),
        }
        print(json.dumps(summary, indent=2))
        return
    unsure = int((decided < 0).sum())
    most = ", ".join(
        f"{network.expressions[k]} {counts[k]}" for k in np.argsort(-counts) if counts[k]
    )
    typer.echo(
        f"{out}: {len(snapshots)} of {total} frames with a face, {unsure} not sure; "
        f"{most or 'nothing'}"
    )


def export(
    model: Model,
    out: Annotated[Path, options.out("OUT.onnx|.tflite|.npz", "The ending chooses the format.")],
    overwrite: Overwrite = False,
) -> None:
    """Write a network for other programs: ONNX, LiteRT, or plain arrays.

    Example: [bold]mien expression export network.npz -o network.onnx[/bold]
    """
    from mien.selfnorm.export import export as write

    check_free(out, overwrite, kind="a network", endings=(".onnx", ".tflite", ".npz"))
    network = _load(model)
    if out.exists() and model.exists() and out.samefile(model):
        raise OutputError(f"{out} is the input: choose another place with --out.")
    write(network, out, overwrite=overwrite)
    typer.echo(f"{out}: {len(network.inputs)} inputs, {', '.join(network.expressions)}")


def simulate(
    out: Annotated[Path, options.out("OUT.parquet", "The snapshots.")],
    participants: Annotated[int, typer.Option(min=1, help="Simulated people.")] = 226,
    snapshots: Annotated[int, typer.Option(min=1, help="Of all of them together.")] = 563_226,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same study.")] = 0,
    overwrite: Overwrite = False,
) -> None:
    """Simulate a study, with people who differ and make mistakes.

    Example: [bold]mien expression simulate -o study.parquet --participants 40 --snapshots
    50000[/bold]
    """
    from mien.selfnorm.simulated_study import simulate as make
    from mien.selfnorm.snapshot_files import check_output, write_snapshots

    check_output(out, overwrite)
    made = make(participants=participants, snapshots=snapshots, seed=seed)
    write_snapshots(made, out, overwrite=overwrite)
    typer.echo(f"{out}: {len(made)} snapshots of {participants} simulated participants")


for _command in (train, evaluate, predict, export, simulate, capture):
    expression.command(epilog=STATUSES)(guarded(_command))


def _words(test: dict[str, Any]) -> list[str]:
    def percent(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:.1f} %"

    lines = [
        f"{test['snapshots']} snapshots of {test['participants']} participants: accuracy "
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


def _numbers(words: str, option: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in words.split(",") if word.strip())
    except ValueError:
        raise ParameterError(
            f"{option} is a list of whole numbers such as 64,64, not {words!r}."
        ) from None


def _check_report(report: Path | None, overwrite: bool, kept: tuple[Path, ...]) -> None:
    from mien.report.folder import check_folder

    if report is None:
        return
    for path in kept:  # a report that is replaced takes its folder with it
        if report.resolve() in (path.resolve(), *path.resolve().parents):
            raise OutputError(f"{path} lies in {report}: choose another folder for the report.")
    check_folder(report, overwrite)


def _occurring(snapshots: Snapshots) -> Snapshots:
    """Only classes that occur."""
    there = [name for k, name in enumerate(snapshots.expressions) if (snapshots.labels == k).any()]
    return snapshots.relabelled(there)


def _clusters(snapshots: Snapshots, method: str, centred: bool, seed: int) -> Any:
    from mien.selfnorm.clusters import clusters

    try:
        return clusters(snapshots, method, centred=centred, seed=seed)
    except ParameterError:
        return None  # too few faces to group


def _load(model: Path) -> SelfNorm:
    from mien.selfnorm.network import SelfNorm

    return SelfNorm.seven() if str(model) == _SEVEN else SelfNorm.load(model)


def _noted(network: SelfNorm, **notes: Any) -> SelfNorm:
    from dataclasses import replace

    return replace(network, notes={**network.notes, **notes})


def _read(path: Path) -> Snapshots:
    from mien.selfnorm.snapshot_files import read_snapshots

    snapshots = read_snapshots(path)
    for note in snapshots.notes:
        tell(note)
    return snapshots


def _of_known_classes(network: SelfNorm, snapshots: Snapshots) -> Snapshots:
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


def _say_missing(network: SelfNorm, snapshots: Snapshots) -> None:
    lacking = snapshots.missing(network.names)
    if lacking and len(lacking) < len(network.names):
        others = f" and {len(lacking) - 3} others" if len(lacking) > 3 else ""
        tell(f"not in the file, and taken as 0: {', '.join(lacking[:3])}{others}.")
