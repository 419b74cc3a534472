"""What a paper's methods section says of a rating study, and the GRRAS items it answers.

References
----------
.. [1] Kottner et al., "Guidelines for Reporting Reliability and Agreement Studies (GRRAS) were
   proposed", Journal of Clinical Epidemiology 2011.
"""

from __future__ import annotations

from mien import __version__
from mien.counted import plural
from mien.report.language import told_each
from mien.report.ratings.words import short
from mien.study.analysis import Analysis

OPEN = "to be filled in"
"""What only those who ran the study know."""


def paragraph(analysis: Analysis) -> str:
    """A paragraph with the numbers in it, in the language that is written now."""
    repeats = sum(i.repeated.together.deviation.mean.n for i in analysis.items.values())
    titles = [item.item.title for item in analysis.items.values()]
    listed = titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])} and {titles[-1]}"
    parts = [
        f"{plural(len(analysis.raters), 'rater')} gave {analysis.ratings} ratings of "
        f"{plural(analysis.clips, 'recording')}, as original and as de-identified result, on "
        f"{listed}; “not sure” was allowed and such answers were left out of pairs.",
        *([analysis.design] if analysis.design else []),
        "Each result was compared with the same rater's score of its original.",
        "How far raters agree with themselves is known from "
        f"{plural(repeats, 'rating')} of hidden repeats of originals."
        if repeats
        else "No original was shown twice.",
    ]
    for item in analysis.items.values():
        of, agreed = item.preserved.together.deviation, item.preserved.together.agreement
        if of.mean.value is None:
            parts.append(f"{item.item.title}: no pair had two valid scores.")
            continue
        parts.append(
            f"{item.item.title}: mean deviation {short(of.mean)} over {plural(of.mean.n, 'pair')}, "
            f"{short(of.identical, as_share=True)} identical, "
            f"{short(of.within_one, as_share=True)} within one point, quadratic weighted κ "
            f"{short(agreed['kappa_quadratic'])}, Gwet's AC1 {short(agreed['ac1'])}, "
            f"ICC(2,1) {short(agreed['icc_2_1'])}."
        )
        parts.append(item.equivalence.words)
    parts.append(
        "Intervals are 95 %: of shares by Clopper and Pearson with answers about one recording "
        "counted for fewer (Korn and Graubard), of intraclass correlations between raters by the "
        "analysis of variance (McGraw and Wong), of all else by the jackknife over recordings. "
        f"Computed with mien {__version__}, pingouin, statsmodels, krippendorff and "
        "SciPy."
    )
    return " ".join(told_each(part) for part in parts)


def guidelines(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    """Each of the fifteen GRRAS items [1]_, in our words, and its answer, told."""
    names = ", ".join(item.item.title for item in analysis.items.values())
    repeats = sum(i.repeated.together.deviation.mean.n for i in analysis.items.values())
    counted = (
        f"{plural(analysis.clips, 'recording')}, {plural(len(analysis.raters), 'rater')}, "
        f"{analysis.ratings} ratings, of which {repeats} compare a hidden repeat with its original"
    )
    rows = (
        ("1. Title or abstract says that reliability or agreement was studied", OPEN),
        ("2. Instrument named", names),
        ("3. Subjects described", f"{OPEN}: who the {analysis.clips} recorded people are"),
        ("4. Raters described", f"{OPEN}: training and licence of "
         f"{plural(len(analysis.raters), 'rater')}"),
        ("5. What was known before, and why this study", OPEN),
        ("6. How the number of subjects, raters and repeats was chosen", analysis.power or OPEN),
        ("7. How they were sampled", OPEN),
        ("8. How measuring was done: time between, blinding", analysis.design or OPEN),
        ("9. Whether measurements were independent", "Each rater alone, by a personal link, under "
         "names that do not tell versions apart" if analysis.design else OPEN),
        ("10. Statistical analysis", "See the paragraph above"),
        ("11. Actual numbers", counted),
        ("12. Sample's characteristics", "Distributions of scores, above; the rest is "
         f"{OPEN}"),
        ("13. Estimates with their uncertainty", "In the tables, with 95 % intervals"),
        ("14. Practical relevance", OPEN),
        ("15. Detailed results", "statistics.json, tables/ and ratings.csv of this folder"),
    )  # fmt: skip
    return tuple((item, told_each(answer)) for item, answer in rows)
