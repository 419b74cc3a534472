"""A network of sequences while snapshots come one by one, as from a camera."""

from __future__ import annotations

import numpy as np

from mien.selfnorm.histories import GAP_S, looked_at
from mien.selfnorm.recurrent import Recurrent


class Following:
    """Remembers the last snapshots of one face, and says what a network makes of them."""

    def __init__(self, network: Recurrent) -> None:
        self._network = network
        self._times: list[float] = []
        self._scores: list[np.ndarray] = []

    def add(self, time: float, scores: np.ndarray) -> np.ndarray:
        """One more snapshot, and the probability of each class after it.

        Parameters
        ----------
        time : float
            Seconds; later than the one before.
        scores : np.ndarray [shape=(c,)]
            In the order of the network's names.

        Returns
        -------
        probabilities : np.ndarray [shape=(n_classes,), dtype=float32]
            As `Recurrent.classify` gives them of the whole recording.
        """
        if self._times and not 0 <= time - self._times[-1] <= GAP_S:
            self._times, self._scores = [], []
        self._times.append(time)
        self._scores.append(np.asarray(scores, np.float32))
        length, step = self._network.config.length, self._network.step_s
        times = np.array(self._times)
        (places,) = looked_at(times, np.array([len(times) - 1]), length, step)
        given = self._network.predict_proba(np.array([[self._scores[k] for k in places]]))[0]
        self._forget(time - length * step)
        return given

    def _forget(self, before: float) -> None:
        """Drop what no later sequence looks at; what stood last before that time stays."""
        gone = max(int(np.searchsorted(self._times, before, "right")) - 1, 0)
        del self._times[:gone], self._scores[:gone]
