"""`mien expression benchmark`: the classifier of pictures on a labelled collection."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.expression.options import Overwrite
from mien.cli.failure import tell
from mien.cli.places import keep_input
from mien.counted import plural
from mien.errors import ParameterError

if TYPE_CHECKING:
    from mien.emotion.benchmark import Benchmark
    from mien.emotion.groups import Group
    from mien.emotion.labelled import Labelled

_NAMED = 5  # pictures that cannot be read, in a sentence


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
    groups: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLE.csv",
            help="Also by group: a column person or picture, and columns such as sex, age, tone.",
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="A column of the table (several times; all if not given); numbers are divided at "
            "limits, as in age:40/60.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT.csv",
            help="The confusion matrix, too, and groups beside it, in OUT-groups.csv.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Annotated[bool, options.as_json("everything")] = False,
) -> None:
    """Say how often faces are described as they were meant: a table and a confusion matrix.

    Example: [bold]mien expression benchmark CK+ --dataset ck+[/bold]
    """
    from mien.emotion.benchmark import judged
    from mien.emotion.classifier import CONVENTIONS, EXPRESSIONS, THRESHOLD, EmotionClassifier
    from mien.emotion.groups import judge_groups, read_groups
    from mien.emotion.labelled import read_labelled
    from mien.outputs import check_free, complete
    from mien.report.spreadsheet import to_csv

    if convention not in CONVENTIONS:
        raise ParameterError(f"--convention is {' or '.join(CONVENTIONS)}, not {convention!r}.")
    if by and groups is None:
        raise ParameterError("--by names columns of a table: give it with --groups.")
    if out is not None:
        check_free(out, overwrite, kind="a confusion matrix", endings=(".csv",))
        beside = out.with_name(f"{out.stem}-groups.csv")
        if groups is not None:
            check_free(beside, overwrite, kind="a table of groups", endings=(".csv",))
            keep_input(beside, groups)
            keep_input(out, groups)
    classifier = EmotionClassifier.load(model)
    pictures = read_labelled(folder, dataset)
    told_of = {} if groups is None else read_groups(groups, pictures, by or ())
    given = classifier.predict_proba(pictures.faces, convention=convention)
    found = judged(pictures, given, threshold=THRESHOLD, without_neutral=six)
    parts = judge_groups(pictures, given, told_of, threshold=THRESHOLD, without_neutral=six)
    _tell_left_out(pictures)
    if out is not None:
        rows = [[name, *found.matrix[k].tolist()] for k, name in enumerate(EXPRESSIONS)]
        with complete(out, overwrite=overwrite) as part:
            part.write_text(to_csv(["true", *EXPRESSIONS], rows), encoding="utf-8", newline="")
        if parts:
            lines = [_row(group) for group in parts]
            with complete(beside, overwrite=overwrite) as part:
                text = to_csv(list(lines[0]), [list(line.values()) for line in lines])
                part.write_text(text, encoding="utf-8", newline="")
    if as_json:
        told = found.as_dict() | {
            "left_out": pictures.left_out,
            "unreadable": list(pictures.unreadable),
            "dataset": dataset,
        }
        if groups is not None:
            told["groups"] = [part.as_dict() for part in parts]
        print(json.dumps(told, indent=2))
        return
    typer.echo("\n".join([*_words(found, len(pictures.unreadable)), *_by_group(parts)]))


def _tell_left_out(pictures: Labelled) -> None:
    """Which pictures are not judged, and why."""
    for word, count in pictures.left_out.items():
        are = "is" if count == 1 else "are"
        tell(f"{plural(count, 'picture')} of {word} {are} left out: it is none of the seven.")
    if lost := pictures.unreadable:
        more = f" and {plural(len(lost) - _NAMED, 'other')}" if len(lost) > _NAMED else ""
        are = "is" if len(lost) == 1 else "are"
        tell(
            f"{plural(len(lost), 'picture')} cannot be read and {are} left out: "
            f"{', '.join(lost[:_NAMED])}{more}."
        )


def _words(found: Benchmark, unreadable: int) -> list[str]:
    from mien.emotion.classifier import EXPRESSIONS

    within = "" if found.interval is None else (
        f" (95 % {found.interval[0]:.3f} to {found.interval[1]:.3f}, whole people drawn again)"
    )  # fmt: skip
    people = f" of {plural(found.people, 'person', 'people')}" if found.people else ""
    lines = [
        f"{plural(int(found.matrix.sum()), 'picture')}{people}: accuracy {found.accuracy:.3f}"
        f"{within}, macro F1 {found.macro_f1:.3f}, calibration error {found.ece:.3f}.",
        f"Answers {100 * found.answered:.0f} %, of which "
        f"{_share(found.accuracy_of_answers).strip()} as meant.",
        "",
        f"{'':12}pictures precision recall    F1",
    ]
    for name, n, precision, recall, f1 in found.scores():
        lines.append(f"{name:12}{n:8}     {_share(precision)}  {_share(recall)} {_share(f1)}")
    if unreadable:
        lines.append(f"{'unreadable':12}{unreadable:8}     left out")
    lines += ["", "Meant (rows) and described (columns):"]
    lines.append(" " * 12 + "".join(f"{name:>10}" for name in EXPRESSIONS))
    for k, name in enumerate(EXPRESSIONS):
        lines.append(f"{name:12}" + "".join(f"{v:>10}" for v in found.matrix[k].tolist()))
    return lines


def _row(group: Group) -> dict[str, object]:
    """A group as a row of a table: intervals are two columns each."""
    row: dict[str, object] = {}
    for name, value in group.as_dict().items():
        if name.endswith("interval"):
            low, high = value or (None, None)
            start = name.removesuffix("interval") or "accuracy_"
            row |= {f"{start}low": low, f"{start}high": high}
        else:
            row[name] = value
    return row


def _share(value: float) -> str:
    return "    –" if value != value else f"{value:5.3f}"


def _by_group(parts: list[Group]) -> list[str]:
    """Each column's groups, a line each."""
    from mien.emotion.groups import FEWEST_PEOPLE, FEWEST_PICTURES

    if not parts:
        return []
    wide = max(12, *(len(part.name) for part in parts)) + 2
    lines, column = [], ""
    for part in parts:
        if part.column != column:
            column = part.column
            lines += ["", f"{column:{wide}}pictures people accuracy  (95 %)            macro F1   "
                      "ECE  less the others (95 %)"]  # fmt: skip
        people = str(part.people) if part.people else "–"
        line = f"{part.name or 'not said':{wide}}{part.pictures:8} {people:>6} "
        if part.found is None:
            lines.append(line + ("   too few to be judged" if part.name else "       –"))
            continue
        found = part.found
        line += f"   {_share(found.accuracy)}  {_range(part.interval):17}    "
        line += f"{_share(found.macro_f1)} {_share(found.ece)}"
        if part.difference == part.difference:
            line += f"  {part.difference:+.3f}  {_range(part.difference_interval)}"
        lines.append(line)
    return [
        *lines,
        "",
        f"Groups are those of the table. Those of fewer than {FEWEST_PICTURES} pictures or "
        f"{FEWEST_PEOPLE} people are counted only.",
        "Groups that show other expressions differ by these, too: compare macro F1 before you "
        "believe a difference.",
    ]


def _range(within: tuple[float, float] | None) -> str:
    return "" if within is None else f"({within[0]:.3f} to {within[1]:.3f})"
