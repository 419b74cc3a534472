"""The bivariate model with exact binomial likelihoods: nothing is added to any cell.

A generalised linear mixed model, fitted by maximum likelihood: Chu & Cole, J. Clin. Epidemiol.
2006. Numbers are those of lme4's ``glmer`` with ``nAGQ = 1``; more nodes are more exact.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import optimize

from mien.errors import ParameterError
from mien.review.synthesis.accuracy_table import AccuracyTable
from mien.review.synthesis.binomial_likelihood import BinomialLikelihood
from mien.review.synthesis.bivariate import Bivariate, NotEstimable, settled, spread_notes
from mien.review.synthesis.proportions import logit_pairs

_MOST_NODES = 31
_FAR = 12.0  # logits: beyond, a proportion is 0 or 1 for every purpose
_WIDE = 10.0  # standard deviation of logits
Batch = Callable[[np.ndarray], np.ndarray]


def fit_binomial(
    table: AccuracyTable,
    design: np.ndarray | None = None,
    *,
    nodes: int = 1,
    start: np.ndarray | None = None,
) -> Bivariate:
    """Fit the model.

    Parameters
    ----------
    table : AccuracyTable
        Studies without diseased, or without healthy, people tell of the other proportion only.
    design : np.ndarray [shape=(n_studies, p)], optional
        Moderators, with the constant first; a constant if not given.
    nodes : int
        Of adaptive Gauss-Hermite quadrature in each direction; 1 is Laplace's approximation.
    start : np.ndarray [shape=(2p + 3,)], optional
        A start near the solution, as `parameters_of` gives it; two of our own if not given.

    Raises
    ------
    ParameterError
        If the number of nodes is out of its range.
    NotEstimable
        If the likelihood has no finite maximum.
    """
    if not 1 <= nodes <= _MOST_NODES:
        raise ParameterError(f"nodes must lie between 1 and {_MOST_NODES}, not {nodes!r}.")
    x = np.ones((len(table), 1)) if design is None else design
    _check(table, x)
    likelihood = BinomialLikelihood.of(table, x, nodes)
    starts = [start] if start is not None else _starts(table, x)
    best = max((_climb(likelihood, one) for one in starts), key=lambda found: found[1])
    parameters, loglik = best
    return _result(likelihood, parameters, loglik)


def parameters_of(fit: Bivariate) -> np.ndarray:
    """Coefficients and lower triangle of a fit, as a start of another one."""
    a = max(np.sqrt(fit.sigma[0, 0]), 0.05)
    b = fit.sigma[0, 1] / a
    c = np.sqrt(max(fit.sigma[1, 1] - b**2, 0.05**2))
    coefficients = fit.coefficients if len(fit.coefficients) else fit.mu
    return np.concatenate([coefficients, [a, b, c]])


def _check(table: AccuracyTable, x: np.ndarray) -> None:
    """Refuse what has no finite maximum, for a reason that can be told."""
    sides = (
        ("sensitivity", "diseased", table.tp, table.diseased),
        ("specificity", "healthy", table.tn, table.healthy),
    )
    for name, whom, hits, totals in sides:
        if not totals.sum():
            raise NotEstimable(f"no study has {whom} people, so there is no {name} to pool")
        if hits.sum() in (0, totals.sum()):
            level = "100 %" if hits.sum() else "0 %"
            raise NotEstimable(
                f"{name} is {level} in every study, so that the model has no finite estimate"
            )
        if np.linalg.matrix_rank(x[totals > 0]) < x.shape[1]:
            raise NotEstimable(f"too few studies tell of {name} for so many moderators")


def _starts(table: AccuracyTable, x: np.ndarray) -> list[np.ndarray]:
    """From the studies' own logits: with their spread, and with little."""
    pairs = logit_pairs(table)
    coefficients, spreads = [], []
    for effects, sign in zip(pairs, (1, -1), strict=True):
        known = effects.known
        y = sign * effects.values[known]
        beta, *_ = np.linalg.lstsq(x[known], y, rcond=None)
        coefficients.append(beta)
        left = np.var(y - x[known] @ beta) - effects.variances[known].mean()
        spreads.append(np.sqrt(np.clip(left, 0.1, 9.0)))
    beta = np.concatenate(coefficients)
    return [
        np.concatenate([beta, [spreads[0], 0.0, spreads[1]]]),
        np.concatenate([beta, [0.3, -0.1, 0.3]]),
    ]


def _climb(likelihood: Batch, start: np.ndarray) -> tuple[np.ndarray, float]:
    """Maximise by quasi-Newton steps, then by Newton's where they still help."""

    def cost(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        if np.abs(parameters).max() > 1e3:
            return np.inf, np.zeros_like(parameters)
        found, slope = _gradient(likelihood, parameters)
        return -found, -slope

    found = optimize.minimize(cost, start, jac=True, method="BFGS", options={"gtol": 1e-6})
    parameters, value = found.x, -float(found.fun)
    for _ in range(5):
        _, slope = _gradient(likelihood, parameters)
        if np.abs(slope).max() < 1e-7:
            break
        step = np.linalg.lstsq(-hessian(likelihood, parameters), slope, rcond=1e-9)[0]
        trial = parameters + step
        reached = float(likelihood(trial[None])[0])
        if not reached > value:
            break
        parameters, value = trial, reached
    return parameters, value


def _gradient(likelihood: Batch, parameters: np.ndarray) -> tuple[float, np.ndarray]:
    """The value, and central differences."""
    h = 1e-5 * np.maximum(1.0, np.abs(parameters))
    moves = np.diag(h)
    values = likelihood(np.concatenate([parameters[None], parameters + moves, parameters - moves]))
    n = len(parameters)
    return float(values[0]), (values[1 : n + 1] - values[n + 1 :]) / (2 * h)


def hessian(likelihood: Batch, parameters: np.ndarray) -> np.ndarray:
    """Second derivatives by central differences, shape (n, n)."""
    n = len(parameters)
    h = 1e-3 * np.maximum(1.0, np.abs(parameters))
    moves = [
        s * h[i] * np.eye(n)[i] + t * h[j] * np.eye(n)[j]
        for i in range(n)
        for j in range(i + 1)
        for s in (1, -1)
        for t in (1, -1)
    ]
    values = likelihood(parameters + np.array(moves)).reshape(-1, 4)
    second = values @ np.array([1.0, -1.0, -1.0, 1.0])
    found = np.zeros((n, n))
    rows, columns = np.tril_indices(n)
    found[rows, columns] = second / (4 * h[rows] * h[columns])
    return found + np.tril(found, -1).T


def _result(likelihood: BinomialLikelihood, parameters: np.ndarray, loglik: float) -> Bivariate:
    p = likelihood.design.shape[1]
    a, b, c = parameters[2 * p :]
    sigma = np.array([[a * a, a * b], [a * b, b * b + c * c]])
    fixed = [likelihood.design @ beta for beta in (parameters[:p], parameters[p : 2 * p])]
    if max(np.abs(side).max() for side in fixed) > _FAR or np.sqrt(np.diag(sigma)).max() > _WIDE:
        raise NotEstimable(
            "the likelihood rises without end towards 0 % or 100 %, or towards an unlimited spread "
            "between studies"
        )
    notes = []
    information = -hessian(likelihood, parameters)
    covariance = _of_coefficients(information, 2 * p)
    if covariance is None:
        covariance = np.linalg.pinv(information[: 2 * p, : 2 * p], hermitian=True)
        notes.append(
            "Standard errors take the spread between studies as known: its own uncertainty cannot "
            "be told from these studies."
        )
    sigma = settled(sigma)
    notes += spread_notes(sigma)
    mean = [0, p]
    return Bivariate(
        model="binomial",
        n=len(likelihood.hits),
        mu=parameters[mean],
        covariance=covariance[np.ix_(mean, mean)],
        sigma=sigma,
        loglik=loglik,
        notes=tuple(notes),
        coefficients=parameters[: 2 * p],
        coefficient_covariance=covariance,
    )


def _of_coefficients(information: np.ndarray, count: int) -> np.ndarray | None:
    """Their block of the inverse; None if that is no covariance.

    Directions of L along which the likelihood is flat (as where L₁₁ is 0) say nothing about the
    coefficients and are left out.
    """
    spread = information[count:, count:]
    values, vectors = np.linalg.eigh(spread)
    kept = values > 1e-5 * max(1.0, values.max())
    if (values < -1e-3 * max(1.0, values.max())).any():
        return None
    across = information[:count, count:] @ vectors[:, kept]
    schur = information[:count, :count] - (across / values[kept]) @ across.T
    lowest = np.linalg.eigvalsh(schur).min()
    return np.linalg.inv(schur) if lowest > 1e-8 else None
