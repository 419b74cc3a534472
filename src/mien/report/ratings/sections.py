"""The sections of the report of a rating study: one for each item."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mien.report.numbers import DASH, chance, number, share
from mien.report.ratings.words import NAMES, estimate, sentence, short, statistic
from mien.report.sections import Section, Table
from mien.study.agreement import STATISTICS
from mien.study.analysis import Agreement, Analysis, ByRater, ItemAnalysis
from mien.study.deviation import Deviation
from mien.study.published import SOURCE
from mien.study.ratings import ORIGINAL, RESULT, VERSIONS


def overview(analysis: Analysis) -> Table:
    """The first table: every item in a line, with the paper's figures beside."""
    rows = []
    for item in analysis.items.values():
        of, paper = item.preserved.together.deviation, item.published
        rows.append(
            (
                item.item.title,
                str(of.mean.n),
                short(of.mean),
                DASH if paper is None else number(paper.mean, 2),
                short(of.identical, as_share=True),
                DASH if paper is None or paper.identical is None else share(paper.identical),
                short(of.within_one, as_share=True),
                DASH if paper is None else share(paper.within_one),
                {True: "yes", False: "no", None: DASH}[item.equivalence.equivalent],
            )
        )
    return Table(
        f"Results against originals; the columns “paper” are {SOURCE}",
        ("item", "pairs", "mean deviation", "paper", "identical", "paper", "differ by 1 at most")
        + ("paper", "equivalent"),
        tuple(rows),
    )


def section(item: ItemAnalysis) -> Section:
    """Everything that is said of one item."""
    key = item.item.key
    tables = [
        _distribution(item),
        _deviations("Deviation of results from originals", item.preserved, item),
        _agreements("Agreement of result with original", item.preserved),
    ]
    notes = _why("Result with original", item.preserved.together.agreement)
    if item.repeated.together.deviation.mean.n:
        tables += [
            _deviations("Hidden repeats of originals: the ceiling", item.repeated, None),
            _agreements("Agreement of raters with themselves", item.repeated),
        ]
        notes += _why("Raters with themselves", item.repeated.together.agreement)
    else:
        notes.append("There are no hidden repeats: how far raters agree with themselves, which "
                     "nothing can exceed, is not known.")  # fmt: skip
    tables.append(_between(item))
    if item.between[ORIGINAL].pairs:
        tables.append(_pairs(item))
    else:
        notes.append("There is one rater: nothing can be said of agreement between raters.")
    for version in VERSIONS:
        notes += _why(f"Between raters, {version}s", item.between[version].agreement)
    tables.append(_not_sure(item))
    if item.drift is not None:
        tables.append(
            Table(
                "Drift by the score of the original",
                ("score", "mean deviation"),
                tuple((score, estimate(one)) for score, one in item.drift.by_score.items()),
            )
        )
    notes += [
        f"Equivalence: {item.equivalence.words}",
        "" if item.drift is None else f"Drift: {item.drift.words} Scores at the end of a scale "
        "can only move inwards: read the table by score together with the hidden repeats.",
        *(check.words for check in item.checks.values()),
        _open(item),
    ]  # fmt: skip
    return Section(
        key,
        item.item.title,
        f"Rated from {item.item.lowest:g} to {item.item.highest:g} on "
        f"{item.clips} clip{'' if item.clips == 1 else 's'}. Deviation is result less original.",
        tuple(tables),
        (f"{key}-scores", f"{key}-bland-altman"),
        sentence(notes),
    )


def _distribution(item: ItemAnalysis) -> Table:
    of = item.distribution
    scores = list(of[ORIGINAL].scores)
    scores += [score for score in of[RESULT].scores if score not in scores]
    if len(scores) > 12:
        scores = []
    rows = tuple(
        (version, *(str(of[version].scores.get(score, 0)) for score in scores))
        + (str(sum(of[version].scores.values())), str(of[version].not_sure))
        for version in VERSIONS
    )
    return Table("Scores given", ("version", *scores, "valid", "not sure"), rows)


def _deviations(caption: str, of: ByRater, item: ItemAnalysis | None) -> Table:
    columns: dict[str, Deviation] = {"all raters": of.together.deviation}
    if len(of.each) > 1:
        columns |= {name: one.deviation for name, one in of.each.items()}
    paper = None if item is None else item.published
    rows: list[tuple[str, Callable[[Deviation], str], str]] = [
        ("pairs", lambda d: str(d.mean.n), "" if paper is None else str(paper.pairs)),
        ("mean", lambda d: short(d.mean), "" if paper is None else number(paper.mean, 2)),
        ("standard deviation", lambda d: DASH if d.sd is None else number(d.sd, 2), ""),
        ("mean size", lambda d: short(d.absolute), ""),
        (
            "identical",
            lambda d: short(d.identical, as_share=True),
            "" if paper is None or paper.identical is None else share(paper.identical),
        ),
        (
            "differ by 1 at most",
            lambda d: short(d.within_one, as_share=True),
            "" if paper is None else share(paper.within_one),
        ),
        ("lower limit of agreement", lambda d: short(d.lower_limit), ""),
        ("upper limit of agreement", lambda d: short(d.upper_limit), ""),
    ]
    beside = () if paper is None else (SOURCE,)
    return Table(
        caption,
        ("", *columns, *beside),
        tuple(
            (name, *(figure(one) for one in columns.values()), *((other or DASH,) * len(beside)))
            for name, figure, other in rows
        ),
    )


def _agreements(caption: str, of: ByRater) -> Table:
    columns: dict[str, Agreement] = {"all raters": of.together.agreement}
    if len(of.each) > 1:
        columns |= {name: one.agreement for name, one in of.each.items()}
    return _statistics(caption, columns)


def _between(item: ItemAnalysis) -> Table:
    columns = {f"on {version}s": item.between[version].agreement for version in VERSIONS}
    return _statistics("Agreement between raters", columns)


def _statistics(caption: str, columns: Mapping[str, Agreement]) -> Table:
    return Table(
        caption,
        ("", *columns),
        tuple(
            (NAMES[name], *(statistic(name, one[name]) for one in columns.values()))
            for name in STATISTICS
        ),
    )


def _pairs(item: ItemAnalysis) -> Table:
    published = item.published
    beside = () if published is None else (f"{SOURCE}, its pairs",)
    rows = []
    for k, (name, one) in enumerate(item.between[ORIGINAL].pairs.items()):
        theirs = () if published is None else (
            number(published.between_raters[k], 2) if k < 3 else DASH,
        )  # fmt: skip
        rows.append((name, short(one.mean), short(one.absolute), *theirs))
    return Table(
        "Deviation between raters, originals",
        ("raters", "mean deviation", "mean size", *beside),
        tuple(rows),
    )


def _not_sure(item: ItemAnalysis) -> Table:
    of = {"all raters": item.not_sure}
    if len(item.not_sure_by_rater) > 1:
        of |= item.not_sure_by_rater
    return Table(
        "“Not sure”",
        ("rater", "originals", "results", "only original", "only result", "p (McNemar)"),
        tuple(
            (
                name,
                short(one.original, as_share=True),
                short(one.result, as_share=True),
                str(one.only_original),
                str(one.only_result),
                DASH if one.p is None else chance(one.p),
            )
            for name, one in of.items()
        ),
    )


def _open(item: ItemAnalysis) -> str:
    """Of which raters too few answers are there to say whether they guess; empty if of none."""
    names = [
        f"{name} ({short(check.correlation)})" for name, check in item.checks.items() if check.open
    ]
    if not names:
        return ""
    return (
        "Too few clips were rated to tell whether a rater goes along with the others; rank "
        f"correlation with their mean: {', '.join(names)}."
    )


def _why(compared: str, agreement: Agreement) -> list[str]:
    """Why figures are missing, each reason once."""
    reasons: dict[str, list[str]] = {}
    for name, one in agreement.items():
        if one.why and (one.value is None or one.interval is None):
            reasons.setdefault(one.why, []).append(NAMES[name])
    return [f"{compared} \N{EN DASH} {'; '.join(names)}: {why}" for why, names in reasons.items()]
