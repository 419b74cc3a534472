"""`mien expression benchmark`: the classifier of pictures on a labelled collection."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.expression.options import Overwrite
from mien.cli.failure import tell
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.emotion.benchmark import Benchmark


def benchmark(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The pictures; only read.")],
    dataset: Annotated[
        str, typer.Option(metavar="ck+|jaffe|fer2013|ferplus|folder", help="How they are laid out.")
    ] = "folder",
    convention: Annotated[
        str,
        typer.Option(metavar="ferplus|fer2013", help="Whose labels the classifier imitates."),
    ] = "ferplus",
    six: Annotated[
        bool, typer.Option("--six", help="Leave neutral out of the answers, as papers on CK+ do.")
    ] = False,
    model: Annotated[
        Path | None, typer.Option(metavar="ONNX", help="Another network of the same kind.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT.csv", help="The confusion matrix, too."),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Annotated[bool, options.as_json("everything")] = False,
) -> None:
    """Say how often faces are described as they were meant: a table and a confusion matrix.

    Example: [bold]mien expression benchmark CK+ --dataset ck+[/bold]
    """
    from mien.emotion.benchmark import benchmark as judge
    from mien.emotion.classifier import CONVENTIONS, EXPRESSIONS, THRESHOLD, EmotionClassifier
    from mien.emotion.labelled import read_labelled
    from mien.outputs import check_free, complete
    from mien.report.spreadsheet import to_csv

    if convention not in CONVENTIONS:
        raise ParameterError(f"--convention is {' or '.join(CONVENTIONS)}, not {convention!r}.")
    if out is not None:
        check_free(out, overwrite, kind="a confusion matrix", endings=(".csv",))
    classifier = EmotionClassifier.load(model)
    pictures = read_labelled(folder, dataset)
    found = judge(
        pictures,
        lambda faces: classifier.predict_proba(faces, convention=convention),
        threshold=THRESHOLD,
        without_neutral=six,
    )
    for word, count in pictures.left_out.items():
        tell(f"{count} pictures of {word} are left out: it is none of the seven.")
    if out is not None:
        rows = [[name, *found.matrix[k].tolist()] for k, name in enumerate(EXPRESSIONS)]
        with complete(out, overwrite=overwrite) as part:
            part.write_text(to_csv(["true", *EXPRESSIONS], rows), encoding="utf-8", newline="")
    if as_json:
        told = found.as_dict() | {"left_out": pictures.left_out, "dataset": dataset}
        print(json.dumps(told, indent=2))
        return
    typer.echo("\n".join(_words(found)))


def _words(found: Benchmark) -> list[str]:
    from mien.emotion.classifier import EXPRESSIONS

    def share(value: float) -> str:
        return "    –" if value != value else f"{value:5.3f}"

    within = "" if found.interval is None else (
        f" (95 % {found.interval[0]:.3f} to {found.interval[1]:.3f}, whole people drawn again)"
    )  # fmt: skip
    people = f" of {found.people} people" if found.people else ""
    lines = [
        f"{int(found.matrix.sum())} pictures{people}: accuracy {found.accuracy:.3f}{within}, "
        f"macro F1 {found.macro_f1:.3f}, calibration error {found.ece:.3f}.",
        f"Answers {100 * found.answered:.0f} %, of which "
        f"{share(found.accuracy_of_answers).strip()} as meant.",
        "",
        f"{'':12}pictures precision recall    F1",
    ]
    for name, n, precision, recall, f1 in found.scores():
        lines.append(f"{name:12}{n:8}     {share(precision)}  {share(recall)} {share(f1)}")
    lines += ["", "Meant (rows) and described (columns):"]
    lines.append(" " * 12 + "".join(f"{name:>10}" for name in EXPRESSIONS))
    for k, name in enumerate(EXPRESSIONS):
        lines.append(f"{name:12}" + "".join(f"{v:>10}" for v in found.matrix[k].tolist()))
    return lines
