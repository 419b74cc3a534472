"""Numbers that R's lme4 and metafor give for made-up studies: usual, sparse, and without spread.

lme4: ``glmer(cbind(true, n - true) ~ 0 + sens + spec + (0 + sens + spec | study),
family = binomial, nAGQ = 1)`` with ``tolPwrss = 1e-11``: its usual tolerance of 1e-7 leaves up to 6
in the third digit of a standard error. metafor: ``rma.mv(..., struct = "UN", method = "REML")``.
"""

from __future__ import annotations

import pytest
from tables_of_studies import table

from mien.review.synthesis.bivariate_binomial import fit_binomial
from mien.review.synthesis.bivariate_normal import fit_normal

USUAL = [
    (91, 5, 5, 93), (74, 6, 16, 30), (52, 2, 25, 104), (63, 6, 16, 80), (48, 25, 12, 66),
    (78, 22, 18, 102), (12, 2, 9, 28), (23, 4, 6, 42), (62, 9, 15, 55), (109, 6, 26, 16),
]  # fmt: skip
SPARSE = [
    (14, 0, 0, 18), (9, 0, 0, 14), (9, 1, 0, 13), (9, 1, 0, 9), (13, 3, 5, 10), (15, 0, 1, 17),
    (9, 2, 1, 15), (7, 0, 0, 17),
]  # fmt: skip
ALIKE = [
    (101, 13, 25, 102), (98, 4, 24, 28), (48, 20, 20, 108), (81, 5, 14, 44), (92, 3, 29, 29),
    (70, 13, 19, 106), (66, 6, 12, 58), (63, 11, 12, 58), (75, 5, 22, 31), (28, 5, 11, 51),
]  # fmt: skip
BINOMIAL = ("mu_sens", "se_sens", "mu_spec", "se_spec", "cov", "var_sens", "var_spec", "loglik")
NORMAL = ("mu_sens", "se_sens", "mu_fpr", "se_fpr", "var_sens", "var_fpr", "rho", "loglik")


@pytest.mark.parametrize(
    ("rows", "reference", "rho"),
    [
        (USUAL, (1.402374, 0.168312, 2.114917, 0.279045, -0.007015, 0.184065, 0.565981, -62.080560),
         -0.212036),
        (SPARSE, (3.440434, 0.971715, 3.235520, 0.708743, 0.214300, 1.826282, 1.195267, -17.674662),
         1.0),
        (ALIKE, (1.345583, 0.081879, 1.978971, 0.115718, 0.0, 0.0, 0.0, -47.999804), None),
    ],
)  # fmt: skip
def test_the_binomial_model_is_lme4s(rows, reference, rho):
    found = fit_binomial(table(rows)).as_dict()
    assert [found[key] for key in BINOMIAL] == pytest.approx(reference, abs=2e-4)
    assert found["rho"] == (rho if rho is None else pytest.approx(rho, abs=2e-4))


@pytest.mark.parametrize(
    ("rows", "reference"),
    [
        (USUAL, (1.333342, 0.157895, -1.969717, 0.265246, 0.152522, 0.515221, 0.267535, -19.15413)),
        (SPARSE, (2.169097, 0.436599, -2.239863, 0.395032, 0.445881, 0.319362, -1.0, -19.615844)),
        (ALIKE, (1.308476, 0.083554, -1.914442, 0.113900, 0.003248, 0.001397, -1.0, -2.820597)),
    ],
)  # fmt: skip
def test_the_normal_model_is_metafors(rows, reference):
    found = fit_normal(table(rows)).as_dict()
    assert [found[key] for key in NORMAL] == pytest.approx(reference, abs=2e-4)
