"""The folder of a report on human re-identification: a page, numbers for programs, tables."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mien import __version__
from mien.counted import plural
from mien.progress import Progress
from mien.report.drawing import CEILING, RESULT, Drawing, canvas, drawn, finish, put
from mien.report.folder import Staged
from mien.report.language import DEFAULT, told, told_each, written_in
from mien.report.numbers import DASH, chance, number, share
from mien.report.pages import in_page, render
from mien.report.ratings.page import as_text, write_tables
from mien.report.ratings.words import estimate, sentence, short
from mien.report.sections import Section, Table
from mien.report.spreadsheet import to_csv
from mien.study.published import ANSWERS, SOURCE
from mien.study.reidentification import ArmAnalysis, ReidentificationAnalysis
from mien.study.trials import ARMS, INNER, Trial

COLUMNS = ("judge", "trial", "arm", "clip", "faces", "answer")
"""Of trials.csv."""
WORDS = {
    "none": "nobody",
    "original-result": "original and result: the patient was found",
    "surrogate-result": "surrogate and result",
    "other": "two others",
    "wrong": "somebody else",
    "recognised": "the patient: recognised",
}
"""Answers as the page calls them."""
_NOTES = (
    "The exact interval takes all answers for independent; the other two know that a judge's "
    "answers hang together, and the model that a patient's do.",
    "Of celebrities, 55.5 % were recognised with the whole face blacked out (J Empir Res Hum Res "
    "Ethics 2022): hair, neck and clothes name a person too. What acquaintances recognise has to "
    "be held against it.",
    "“–” stands for a figure that is not defined; statistics.json says why under “why”.",
)


def write(
    analysis: ReidentificationAnalysis,
    trials: Sequence[Trial],
    folder: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
    language: str = DEFAULT,
) -> None:
    """Write the report; the folder appears when everything in it is written.

    Parameters
    ----------
    analysis : ReidentificationAnalysis
    trials : sequence of Trial
        What was analysed.
    folder : path
    overwrite : bool
        Replace an older report in that folder.
    progress : callable, optional
        Called as ``progress("drawing", done, None)``.
    language : str
        Of the page, its figures and the paragraph on methods; files for programs are the same in
        all.

    Raises
    ------
    OutputError
        If the folder cannot be written, or something is in the way.
    ParameterError
        If mien does not write that language.
    """
    parts = [_section(arm, analysis) for arm in analysis.arms.values()]
    with written_in(language), Staged(Path(folder), overwrite) as staged:
        drawings = put((_bars(arm) for arm in analysis.arms.values()), staged, progress)
        staged.write("statistics.json", as_text(analysis.to_json()))
        rows = ((t.judge, t.trial, t.arm, t.clip, t.faces, t.answer) for t in trials)
        staged.write("trials.csv", to_csv(COLUMNS, rows))
        staged.write("methods.txt", paragraph(analysis) + "\n")
        write_tables(staged, parts)
        page = render(
            "ratings.html",
            kind="Human re-identification",
            title=_title(analysis),
            lead=[f"{plural(len(analysis.judges), 'judge')}, {plural(analysis.trials, 'trial')}."],
            warnings=[],
            overview=Table("", (), ()),
            sections=parts,
            drawings=in_page(drawings),
            methods=paragraph(analysis),
            guidelines=(),
            notes=_NOTES,
        )
        staged.write("report.html", page)
        staged.commit()


def paragraph(analysis: ReidentificationAnalysis) -> str:
    """A paragraph for a paper's methods section, with the numbers in it."""
    parts = [
        f"{plural(len(analysis.judges), 'judge')} answered {plural(analysis.trials, 'trial')}."
    ]
    for arm in analysis.arms.values():
        rates = ", ".join(
            f"{told(WORDS[name].split(':')[0])} {told(short(one, as_share=True))}"
            for name, one in arm.rates.items()
        )
        parts.append(f"{_arm(arm)} ({plural(arm.trials, 'trial')}): {rates}.")
        if arm.clustered.interval is not None:
            parts.append(
                "With answers of one judge counted for fewer, the patient was found in "
                f"{short(arm.clustered, as_share=True)}."
            )
        if arm.chance is not None:
            parts.append(arm.chance.words)
    parts.append(
        "Intervals are 95 % and exact (Clopper and Pearson); answers of one judge count for fewer "
        "by the effective number of answers (Korn and Graubard); a logistic model with random "
        f"intercepts for judges and patients stands beside. Computed with mien {__version__} and "
        "statsmodels."
    )
    return " ".join(told_each(part) for part in parts)


def _section(arm: ArmAnalysis, analysis: ReidentificationAnalysis) -> Section:
    beside = (SOURCE,) if arm.arm == INNER else ()
    rates = tuple(
        (
            WORDS[name],
            str(arm.counts[name]),
            short(one, as_share=True),
            *((share(ANSWERS[name]),) if beside else ()),
        )
        for name, one in arm.rates.items()
    )
    found = (
        ("exact, each answer for itself", estimate(arm.rates[arm.hit], as_share=True)),
        ("answers of one judge count for fewer", estimate(arm.clustered, as_share=True)),
        ("model of judges and patients", estimate(arm.mixed.rate, as_share=True)),
        ("how judges differ, logits", _or_dash(arm.mixed.judges_sd)),
        ("how patients differ, logits", _or_dash(arm.mixed.clips_sd)),
    )
    tables = [
        Table("Answers", ("answer", "trials", "share", *beside), rates),
        Table("How often the patient was found", ("by", "share"), found),
    ]
    notes = []
    if arm.chance is not None:
        tables.append(
            Table(
                "Against chance, of trials in which two faces were named",
                ("named", "original and result", "by chance", "p (one-sided)"),
                (
                    (
                        str(arm.chance.named),
                        short(arm.chance.rate, as_share=True),
                        DASH if arm.chance.expected is None else share(arm.chance.expected),
                        DASH if arm.chance.p is None else chance(arm.chance.p),
                    ),
                ),
            )
        )
        notes.append(arm.chance.words)
    tables.append(
        Table(
            "By judge",
            ("judge", *(WORDS[name].split(":")[0] for name in arm.rates)),
            tuple(
                (judge, *(short(one, as_share=True) for one in rates.values()))
                for judge, rates in arm.by_judge.items()
            ),
        )
    )
    if analysis.beyond_covered is not None and arm.arm == "acquaintances":
        notes.append(
            "Beyond what is recognised with the face covered: "
            f"{short(analysis.beyond_covered, as_share=True)} (Newcombe's interval)."
        )
    question = (
        "Asked: are two of these one person, and which?"
        if arm.chance is not None
        else "Asked: do you know who this is?"
    )
    return Section(arm.arm, _arm(arm), question, tuple(tables), (arm.arm,), sentence(notes))


@drawn
def _bars(arm: ArmAnalysis) -> Drawing:
    figure = canvas(2.4)
    axis = figure.subplots()
    names = list(arm.rates)
    for k, name in enumerate(names):
        one = arm.rates[name]
        value = one.value or 0.0
        ends = one.interval or (value, value)
        errors = [[100 * (value - ends[0])], [100 * (ends[1] - value)]]
        axis.barh(
            k, 100 * value, 0.5, color=RESULT, xerr=errors, ecolor="black", error_kw={"lw": 1}
        )
        if arm.arm == INNER:
            axis.plot(100 * ANSWERS[name], k, "D", color=CEILING, label=SOURCE if not k else None)
    axis.set_yticks(range(len(names)), [WORDS[name].split(":")[0] for name in names])
    axis.set(xlabel="% of trials", xlim=(0, 100))
    if arm.arm == INNER:
        axis.legend(loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0, fontsize=7)
    caption = f"{_arm(arm)}: answers in {plural(arm.trials, 'trial')} with exact 95 % intervals."
    return finish(arm.arm, caption, figure)


def _title(analysis: ReidentificationAnalysis) -> str:
    first = next(iter(analysis.arms.values()))
    one = first.rates[first.hit]
    where = f"{_arm(first)}: the" if len(analysis.arms) > 1 else "The"
    return f"{where} patient was found in {share(one.value)} of {plural(first.trials, 'trial')}."


def _arm(arm: ArmAnalysis) -> str:
    """What an arm is called where a sentence begins."""
    return f"{ARMS[arm.arm][:1].upper()}{ARMS[arm.arm][1:]}"


def _or_dash(value: float | None) -> str:
    return DASH if value is None else number(value, 2)
