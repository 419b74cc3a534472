"""Everything at once: a set of results attacked by face, by movement and by reversal."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien import __version__
from mien.data_frame import of_rows
from mien.errors import ParameterError
from mien.models.landmarker import open_backend
from mien.privacy.linkage.attacks import Attack, link_appearance, link_motion
from mien.privacy.linkage.cohort import Cohort, gather
from mien.privacy.linkage.pairs import Pair, find_pairs
from mien.privacy.reversal import Reversal, reverse
from mien.progress import Progress, usual
from mien.recognition import distractors, registry
from mien.recognition.recogniser import Recogniser
from mien.shown import Shown, new_axes

if TYPE_CHECKING:
    import pandas

_MOTION = "Movement identifies people: this risk is not zero in any clip that keeps its movement."


@dataclass(frozen=True, eq=False, repr=False)
class Linkage(Shown):
    """How well results can be linked to people. It holds rates, and no name of a person or clip."""

    content: dict[str, Any]
    """What the report holds, JSON: see `docs/attacks.md`."""

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return self.content

    def to_frame(self) -> pandas.DataFrame:
        """A row for each attack: ``kind``, ``name``, ``stream``, ``rank1`` with ``rank1_low``,
        ``rank1_high`` and ``rank1_chance``, and the ``auc`` likewise."""
        rows = [_flat(row) for row in self.content["attacks"]]
        return of_rows(rows, list(rows[0]) if rows else ["kind", "name"])

    def plot(self, axes: Any = None) -> Any:
        """How often each attack finds the person first, with 95 % intervals; grey: by chance.

        Parameters
        ----------
        axes : matplotlib.axes.Axes, optional
            Where to draw; new ones if None.

        Returns
        -------
        axes : matplotlib.axes.Axes
        """
        attacks = self.content["attacks"]
        axes = axes or new_axes("found first", "", height=1.2 + 0.3 * len(attacks))
        for number, row in enumerate(attacks):
            rate = row["rank1"]
            axes.plot([rate["low"], rate["high"]], [number, number], color="C0")
            axes.plot(rate["value"], number, "o", color="C0")
            axes.plot(rate["chance"], number, "|", color="grey", markersize=12)
        names = [" ".join(filter(None, (row["name"], row.get("stream")))) for row in attacks]
        axes.set_yticks(range(len(names)), names)
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(len(names) - 0.5, -0.5)
        return axes

    def title(self) -> str:
        found = self.content
        return f"Linkage of {found['people']} people, {found['clips']} clips; 95 % in brackets"

    def table(self) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [("kind", "attack", "by", "rank 1", "AUC")]
        for row in self.content["attacks"]:
            rates = [
                f"{rate['value']:.2f} ({rate['low']:.2f}–{rate['high']:.2f})"
                for rate in (row["rank1"], row["auc"])
            ]
            rows.append((row["kind"], row["name"], row.get("stream") or "-", *rates))
        return rows


def linkage(
    originals: str | os.PathLike[str],
    deidentified: str | os.PathLike[str],
    *,
    people: str | os.PathLike[str] | None = None,
    landmarker: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Linkage:
    """Attack a folder of results as somebody would who wants to know who is in them.

    Parameters
    ----------
    originals, deidentified : path
        Two folders of clips that belong together by name; only read.
    people : path, optional
        CSV with the columns ``file`` and ``person``; without it each clip shows another person.
    landmarker : path, optional
        A Face Landmarker model to measure with.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    linkage : Linkage

    Raises
    ------
    ParameterError
        If clips have no partner, or show fewer than two people.
    VideoError
        If a clip cannot be read.
    NoFaceError
        If one shows no face.
    """
    who = None if people is None else Path(people)
    pairs = find_pairs(Path(originals), Path(deidentified), who)
    return link(pairs, landmarker=landmarker, progress=progress)


def link(
    pairs: Sequence[Pair],
    *,
    landmarker: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Linkage:
    """The same of pairs of clips that were found already."""
    recogniser = registry.recogniser()
    others = distractors.load(recogniser.name)
    model = None if landmarker is None else str(landmarker)
    missing = None
    with usual(progress, f"{len(pairs)} clips") as report:
        with closing(open_backend(model)) as backend:
            cohort = gather(pairs, backend, recogniser, report)
        attacks = link_appearance(cohort) + link_motion(cohort)
        reversal = None
        try:
            reversal = reverse(cohort, recogniser, others, report)
        except ParameterError as error:  # the other attacks stand without it
            missing = str(error)
    return Linkage(_report(cohort, attacks, reversal, missing, recogniser))


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row of numbers and words."""
    flat: dict[str, Any] = {key: row.get(key) for key in ("kind", "name", "stream")}
    for rate in ("rank1", "auc"):
        flat[rate] = row[rate]["value"]
        flat |= {f"{rate}_{key}": value for key, value in row[rate].items() if key != "value"}
    return flat


def _report(
    cohort: Cohort,
    attacks: list[Attack],
    reversal: Reversal | None,
    missing: str | None,
    recogniser: Recogniser,
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
        "reversal_missing": missing,
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
