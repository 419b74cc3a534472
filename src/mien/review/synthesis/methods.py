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
    said += [
        "Both were pooled together in a bivariate generalised linear mixed model with exact "
        "binomial "
        "likelihoods and an unstructured covariance between studies (Chu and Cole, J Clin "
        "Epidemiol "
        f"2006), fitted by maximum likelihood with {how}. The bivariate normal model of Reitsma et "
        f"al. (J Clin Epidemiol 2005; REML, {added}) was fitted beside it.",
        "The summary ROC curve is that of the hierarchical model (Rutter and Gatsonis, Stat Med "
        "2001), computed from the bivariate one (Harbord et al., Biostatistics 2007), as are the "
        "regions of confidence and prediction.",
        "Logit sensitivity, specificity and accuracy and the log diagnostic odds ratio were also "
        "pooled "
        "one "
        "by one with random effects; the variance between studies was estimated by restricted "
        "maximum likelihood, as Paule and Mandel, and as DerSimonian and Laird, and intervals also "
        "as Knapp and Hartung (0.5 added where a cell was 0). Heterogeneity is told by the "
        "variances, I² and prediction intervals.",
    ]
    if synthesis.regressions:
        said.append(
            "Differences between studies were examined by subgroups and by meta-regression on "
            f"{', '.join(synthesis.regressions)}, one at a time, with likelihood-ratio tests in "
            f"the "
            "bivariate binomial model; p-values are not adjusted for their number."
        )
    if synthesis.influence:
        said.append("Each study was left out in turn.")
    if synthesis.deeks:
        low = " It has little power in so few studies." * (synthesis.deeks.n < FEWEST_FOR_A_TEST)
        said.append(
            "Asymmetry of the funnel was tested as Deeks et al. (J Clin Epidemiol 2005) propose; p "
            f"below .10 counts as asymmetry.{low}"
        )
    return said
