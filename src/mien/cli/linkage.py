"""`mien linkage`: attack results as somebody would who wants to know who is in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien import __version__
from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import tell
from mien.errors import OutputError, ParameterError
from mien.outputs import check_free, complete

if TYPE_CHECKING:
    from mien.privacy.linkage.attacks import Attack
    from mien.privacy.linkage.cohort import Cohort
    from mien.privacy.reversal import Reversal

_NAMES = {
    "reference": "original → original",
    "naive": "result → original",
    "parrot": "result → result",
    "nothing": "mean face",
    "output": "result as it is",
    "picture": "picture inverse",
    "descriptor": "descriptor inverse",
}
_RATES = ("rank 1", "AUC")
_MOTION = "Movement identifies people: this risk is not zero in any clip that keeps its movement."


def linkage(
    originals: Annotated[
        Path, typer.Argument(metavar="ORIGINALS", help="Folder of clips; they are only read.")
    ],
    deidentified: Annotated[
        Path,
        typer.Argument(
            metavar="DEIDENTIFIED", help="Folder of their results, each with its original's name."
        ),
    ],
    people: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Who is in which clip: columns file and person. Without it each clip shows "
            "another person.",
        ),
    ] = None,
    out: Annotated[Path | None, options.out("REPORT.json", "Write the report here.")] = None,
    landmarker: Annotated[Path | None, options.landmarker("measure")] = None,
    overwrite: Annotated[bool, options.overwrite("the report if it exists")] = False,
    as_json: Annotated[bool, options.as_json("the report")] = False,
) -> None:
    """Measure how well results can be linked to people, by face and by movement.

    Example: [bold]mien linkage clips shared --people who.csv -o linkage.json[/bold]
    """
    from mien.models.landmarker import open_backend
    from mien.privacy.linkage.attacks import link_appearance, link_motion
    from mien.privacy.linkage.cohort import gather
    from mien.privacy.linkage.pairs import find_pairs
    from mien.privacy.reversal import reverse
    from mien.recognition import distractors, registry

    if out is not None:
        _check_free(out, originals, deidentified, overwrite)
    pairs = find_pairs(originals, deidentified, people)
    recogniser = registry.recogniser()
    others = distractors.load(recogniser.name)
    with Bars(f"{len(pairs)} clips") as progress:
        backend = open_backend(landmarker)
        try:
            cohort = gather(pairs, backend, recogniser, progress)
        finally:
            backend.close()
        attacks = link_appearance(cohort) + link_motion(cohort)
        reversal = None
        try:
            reversal = reverse(cohort, recogniser, others, progress)
        except ParameterError as error:  # the other attacks stand without it
            tell(str(error))
    report = _report(cohort, attacks, reversal, recogniser)
    if out is not None:
        _write(out, json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    if as_json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
        return
    _show(report)
    if out is not None:
        typer.echo(f"{out}: the report; it holds rates, and no name of a person or a clip")


def _report(
    cohort: Cohort,
    attacks: list[Attack],
    reversal: Reversal | None,
    recogniser: Any,
) -> dict[str, Any]:
    """Everything that was measured."""
    return {
        "mien": __version__,
        "recogniser": recogniser.name,
        "threshold": recogniser.threshold,
        "people": len(cohort.people),
        "clips": len({stretch.name for stretch in [*cohort.gallery, *cohort.probes]}),
        "split": cohort.split,
        "gallery": len(cohort.gallery),
        "probes": len(cohort.probes),
        "surrogates": _surrogates(cohort),
        "notes": _notes(cohort, attacks, reversal),
        "attacks": [attack.as_dict() for attack in attacks],
        "reversal": None if reversal is None else reversal.as_dict(),
    }


def _surrogates(cohort: Cohort) -> dict[str, int]:
    """How many surrogates were given, and how many people had one throughout."""
    given: dict[str, set[tuple[str, ...]]] = {}
    clips: dict[str, set[str]] = {}
    for stretch in [*cohort.gallery, *cohort.probes]:
        name = cohort.surrogates.get(stretch.name, ())
        if name:
            given.setdefault(stretch.person, set()).add(name[:1])
            clips.setdefault(stretch.person, set()).add(stretch.name)
    several = [person for person in given if len(clips[person]) > 1]
    return {
        "different": len({name for names in given.values() for name in names}),
        "people_with_several_clips": len(several),
        "of_these_with_one_surrogate": sum(len(given[person]) == 1 for person in several),
    }


def _notes(cohort: Cohort, attacks: list[Attack], reversal: Reversal | None) -> list[str]:
    """What a reader has to know before the numbers."""
    notes = []
    if cohort.split == "halves":
        notes.append(
            "Gallery and probe of a person are the first and the last 45 % of one clip. This "
            "flatters the attacker: camera, light, mood and new face are the same in both."
        )
    else:
        notes.append(
            "Gallery and probes are different clips of a person. Where they come from one "
            "recording, camera, light and mood help the attacker."
        )
    same = _surrogates(cohort)["of_these_with_one_surrogate"]
    if cohort.split == "halves" or same:
        notes.append(
            "Where one surrogate was given to all clips of a person, as with --subject, that "
            "results link to each other (result → result) is intended."
        )
    if len(cohort.people) < 50:
        notes.append(
            f"{len(cohort.people)} people are few: look at the intervals, and do not take a low "
            "rate for safety."
        )
    if not any(attack.kind == "motion" for attack in attacks):
        notes.append("The clips are too short for motion: 0.9 s of face are needed in each part.")
    if reversal is None:
        notes.append(
            "Reversal was not tried: it needs four people, and results with the timing of their "
            "originals."
        )
    notes.append(_MOTION)
    return notes


def _show(report: dict[str, Any]) -> None:
    """Print the report as tables."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)

    def table(title: str, first: str, *more: str) -> Table:
        made = Table(title=title, title_justify="left", title_style="bold")
        made.add_column(first, no_wrap=True)
        for heading in more:
            made.add_column(heading, justify="right")
        return made

    typer.echo(
        f"{report['people']} people, {report['clips']} clips; gallery {report['gallery']}, probes "
        f"{report['probes']}. In brackets 95 % intervals."
    )
    for kind, title in (
        ("appearance", "Appearance"),
        ("motion", "Motion alone, no picture of the face"),
    ):
        rows = [row for row in report["attacks"] if row["kind"] == kind]
        if not rows:
            continue
        by = ["by"] if kind == "motion" else []
        shown = table(f"{title} ({_chance(rows)})", "probe → gallery", *by, *_RATES)
        for k, row in enumerate(rows):
            if by:
                by = [row["stream"].replace("expression and pose", "both")]
                if k and row["name"] != rows[k - 1]["name"]:
                    shown.add_section()
            shown.add_row(_NAMES[row["name"]], *by, *_rates(row))
        console.print(shown)
    reversal = report["reversal"]
    if reversal is not None:
        rows = reversal["guesses"]
        others = [f"among {reversal['others']} more"] if reversal["others"] else []
        shown = table(
            f"Reversal ({_chance(rows)}; two people are {reversal['apart']:.2f} apart)",
            "guess → original",
            *("distance", f"< {report['threshold']:g}", _RATES[0], *others),
        )
        for row in rows:
            shown.add_row(
                _NAMES[row["guess"]],
                f"{row['distance']:.2f}",
                f"{100 * row['matched']:.0f} %",
                _rates(row)[0],
                *([_rates(row["among_others"])[0]] if others else []),
            )
        console.print(shown)
    for note in report["notes"]:
        typer.echo(f"- {note}")


def _rates(row: dict[str, Any]) -> list[str]:
    """rank 1 and the AUC of one row."""
    return [
        f"{rate['value']:.2f} ({rate['low']:.2f}–{rate['high']:.2f})"
        for rate in (row["rank1"], row["auc"])
    ]


def _chance(rows: list[dict[str, Any]]) -> str:
    return f"by chance rank 1 is {rows[0]['rank1']['chance']:.2g}"


def _check_free(path: Path, originals: Path, results: Path, overwrite: bool) -> None:
    """Refuse a report's place before any work."""
    check_free(path, overwrite, kind="JSON", endings=(".json",))
    folder = path.absolute().parent
    for clips in (originals, results):
        if clips.is_dir() and folder.samefile(clips):  # it might be a manifest's name
            raise OutputError(f"{path} lies among the clips: put the report into another folder.")


def _write(path: Path, text: str) -> None:
    """Write a file that appears when it is complete."""
    with complete(path) as part:
        part.write_text(text, encoding="utf-8")
