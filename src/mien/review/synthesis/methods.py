"""What was done, as sentences for a paper."""

from __future__ import annotations

from mien.review.synthesis.deeks import FEWEST_FOR_A_TEST
from mien.review.synthesis.synthesis import Synthesis


def methods(synthesis: Synthesis) -> list[str]:
    """The methods of a synthesis, a paragraph each, with sources."""
    settings = synthesis.settings
    said = [
        "Sensitivity and specificity of each study are given with exact 95 % intervals (Clopper "
        "and "
        f"Pearson). Fewer than {settings.fewest} studies with both diseased and healthy people are "
        "not pooled but described, following the SWiM guideline (Campbell et al., BMJ 2020)."
    ]
    if synthesis.whole.narrative:
        return said
    said += [_bivariate(synthesis), *_regions(synthesis)]
    if synthesis.whole.univariate:
        said.append(
            "Logit sensitivity, specificity and accuracy and the log diagnostic odds ratio were "
            "also pooled one by one with random effects; the variance between studies was "
            "estimated by restricted maximum likelihood, as Paule and Mandel, and as DerSimonian "
            "and Laird, and intervals also as Knapp and Hartung (0.5 added where a cell was 0). "
            "Heterogeneity is told by the variances, I² and prediction intervals (by t, with the "
            "larger of the mean's two standard errors)."
        )
    said += _moderators(synthesis)
    if synthesis.influence:
        said.append("Each study was left out in turn.")
    if synthesis.deeks:
        sentences = [
            "Asymmetry of the funnel was tested as Deeks et al. (J Clin Epidemiol 2005) propose; p "
            "below .10 counts as asymmetry."
        ]
        if synthesis.deeks.n < FEWEST_FOR_A_TEST:
            sentences.append("It has little power in so few studies.")
        said.append(" ".join(sentences))
    return said


def _bivariate(synthesis: Synthesis) -> str:
    """Which of the two models was fitted, and how."""
    settings, whole = synthesis.settings, synthesis.whole
    how = (
        "Laplace's approximation"
        if settings.nodes == 1
        else f"adaptive Gauss-Hermite quadrature with {settings.nodes} nodes in each direction"
    )
    added = {
        "all": "0.5 added to every cell",
        "zero": "0.5 added to the cells of studies with a zero",
        "none": "nothing added to any cell",
    }[settings.correction]
    binomial = (
        "in a bivariate generalised linear mixed model with exact binomial likelihoods and an "
        "unstructured covariance between studies (Chu and Cole, J Clin Epidemiol 2006), fitted by "
        f"maximum likelihood with {how}"
    )
    normal = f"bivariate normal model of Reitsma et al. (J Clin Epidemiol 2005; REML, {added})"
    both = f"Both were pooled together {binomial}."
    failed = f"The binomial model could not be fitted: {whole.why_not.get('binomial')}."
    why = whole.why_not.get("normal")
    if whole.binomial:
        how = "was fitted beside it" if whole.normal else f"could not be fitted: {why}"
        return f"{both} The {normal} {how}."
    if whole.normal:
        return f"Both were pooled together by the {normal}. {failed}"
    return f"{failed} Nor could the {normal}: {why}."


def _regions(synthesis: Synthesis) -> list[str]:
    """Regions, and the curve where there is one; nothing where no model was fitted."""
    groups = [synthesis.whole, *(one for x in synthesis.subgroups.values() for one in x.values())]
    if not any(group.pooled for group in groups):
        return []
    regions = (
        "egions of confidence and prediction are ellipses of both logits (Harbord et al., "
        "Biostatistics 2007), with the F quantile for as many studies as there are"
    )
    if not any(group.curve for group in groups):
        return [f"R{regions}."]
    return [
        "The summary ROC curve is that of the hierarchical model (Rutter and Gatsonis, Stat Med "
        f"2001), computed from the bivariate one; r{regions}."
    ]


def _moderators(synthesis: Synthesis) -> list[str]:
    """Subgroups and regressions, of what there is."""
    ways = []
    if synthesis.subgroups:
        ways.append(f"by subgroups of {', '.join(synthesis.subgroups)}")
    if synthesis.regressions:
        ways.append(
            f"by meta-regression on {', '.join(synthesis.regressions)}, one at a time, with "
            "likelihood-ratio tests in the bivariate binomial model; p-values are not adjusted for "
            "their number"
        )
    return [f"Differences between studies were examined {' and '.join(ways)}."] if ways else []
