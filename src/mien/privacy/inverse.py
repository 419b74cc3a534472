"""A linear inverse of de-identification: what comes out, and what went in, of other people."""

from __future__ import annotations

import numpy as np

_COMPONENTS = 128
_STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0, 10.0)  # of the penalty, in mean variances of a component


class Inverse:
    """Ridge regression on principal components, one for each group of people left out.

    The components come from all outputs, since an attacker has those of the victims too. The
    penalty is the one that does best when each block of the people who are left is held out in
    turn, so the victims' originals have no part in it.

    Parameters
    ----------
    x : np.ndarray [shape=(n, p)]
        What the attacker sees.
    y : np.ndarray [shape=(n, q)]
        What the attacker wants.
    blocks : np.ndarray [shape=(n,)]
        Number of the block that each row's person belongs to.
    count : int
        Number of folds; a block's fold is the remainder of its number.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, blocks: np.ndarray, count: int) -> None:
        self._middle = x.mean(0)
        self._axes = _principal(x - self._middle)
        features = self._features(x)
        self._level = float(features[:, :-1].var(0).mean()) or 1.0
        parts = [blocks == block for block in range(blocks.max() + 1)]
        self._gram = np.stack([features[part].T @ features[part] for part in parts])
        self._cross = np.stack([features[part].T @ y[part] for part in parts])
        self._count = np.array([part.sum() for part in parts])
        some = self._cross[..., :: max(1, y.shape[1] // 1000)]  # enough columns to choose by
        wanted = y[:, :: max(1, y.shape[1] // 1000)]
        self._weights = {}
        for fold in range(count):
            left = [block for block in range(len(parts)) if block % count != fold]
            error = np.zeros(len(_STRENGTHS))
            for tried in left:
                learnt = [block for block in left if block != tried]
                cross = some[learnt].sum(0)
                for k, strength in enumerate(_STRENGTHS):
                    guess = features[parts[tried]] @ self._solve(learnt, strength, cross)
                    error[k] += float(((guess - wanted[parts[tried]]) ** 2).sum())
            best = _STRENGTHS[int(error.argmin())]
            self._weights[fold] = self._solve(left, best, self._cross[left].sum(0))

    def predict(self, x: np.ndarray, fold: int) -> np.ndarray:
        """What was wanted, by the inverse that knows nothing of this fold."""
        return np.asarray(self._features(x) @ self._weights[fold])

    def _features(self, x: np.ndarray) -> np.ndarray:
        return np.column_stack([(x - self._middle) @ self._axes.T, np.ones(len(x), x.dtype)])

    def _solve(self, keep: list[int], strength: float, cross: np.ndarray) -> np.ndarray:
        gram = self._gram[keep].sum(0)
        penalty = np.full(len(gram), strength * self._level * self._count[keep].sum())
        penalty[-1] = 1e-6  # the mean change costs nothing
        return np.linalg.solve(gram + np.diag(penalty).astype(gram.dtype), cross)


def _principal(x: np.ndarray) -> np.ndarray:
    """Leading principal axes of centred rows, by the smaller of the two Gram matrices."""
    count = min(_COMPONENTS, *x.shape)
    if len(x) < x.shape[1]:
        values, vectors = np.linalg.eigh(x @ x.T)
        kept = values[-count:] > 1e-6 * max(values[-1], 1e-12)
        axes = vectors[:, -count:][:, kept].T @ x
        return np.asarray(axes / np.linalg.norm(axes, axis=1, keepdims=True))
    return np.asarray(np.linalg.eigh(x.T @ x)[1][:, -count:].T)
