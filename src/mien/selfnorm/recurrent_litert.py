"""A network of sequences as LiteRT: the unit written out, a step for each snapshot."""

from __future__ import annotations

import numpy as np

from mien.selfnorm.litert import ADD, DENSE, LOGISTIC, MUL, SOFTMAX, SUB, TANH, Graph
from mien.selfnorm.recurrent import Recurrent


def recurrent_to_litert(network: Recurrent) -> bytes:
    """The network as LiteRT: input `scores` of shape (n, length, c), output `probabilities`.

    Standardisation and temperature are parts of the first and the last weights.
    """
    graph = Graph()
    length, inputs = network.config.length, len(network.names)
    scores = graph.tensor("scores", (1, length, inputs))
    steps = graph.unpack(scores, length, "snapshot", (1, inputs))
    unit = _Unit(graph, network)
    state = None
    for k, step in enumerate(steps):
        state = unit.step(step, state, k)
    assert state is not None
    weight, bias = (part / np.float32(network.temperature) for part in network.head)
    held = [graph.constant("head", weight.T), graph.constant("head_bias", bias)]
    shape = (1, len(network.expressions))
    logits = graph.apply(DENSE, [state, *held], "logits", shape)
    return graph.written(scores, graph.apply(SOFTMAX, [logits], "probabilities", shape))


class _Unit:
    """Weights of the three gates, and what they make of one more snapshot."""

    def __init__(self, graph: Graph, network: Recurrent) -> None:
        self._graph, self._shape = graph, (1, network.config.width)
        seen = network.seen / network.scale[:, None]
        bias = network.biases[0] - network.mean @ seen
        self._seen = self._held("seen", seen, bias)
        self._kept = self._held("remembered", network.remembered, network.biases[1])
        self._alone = [
            graph.constant(f"alone_{gate}", part)
            for gate, part in zip("rzn", np.split(network.biases[1], 3), strict=True)
        ]

    def _held(self, name: str, weight: np.ndarray, bias: np.ndarray) -> list[list[int]]:
        parts = zip("rzn", np.split(weight, 3, axis=1), np.split(bias, 3), strict=True)
        return [
            [
                self._graph.constant(f"{name}_{gate}", np.ascontiguousarray(w.T)),
                self._graph.constant(f"{name}_bias_{gate}", b),
            ]
            for gate, w, b in parts
        ]

    def step(self, snapshot: int, state: int | None, number: int) -> int:
        """The state after a snapshot; None before the first."""

        def apply(operator: int, inputs: list[int], name: str) -> int:
            return self._graph.apply(operator, inputs, f"{name}_{number}", self._shape)

        a = [apply(DENSE, [snapshot, *held], f"seen_{k}") for k, held in enumerate(self._seen)]
        b = self._alone
        if state is not None:
            b = [apply(DENSE, [state, *held], f"kept_{k}") for k, held in enumerate(self._kept)]
        reset, update = (
            apply(LOGISTIC, [apply(ADD, [a[k], b[k]], f"sum_{k}")], f"gate_{k}") for k in (0, 1)
        )
        part = apply(MUL, [reset, b[2]], "reset")
        candidate = apply(TANH, [apply(ADD, [a[2], part], "sum_2")], "candidate")
        if state is None:
            return apply(SUB, [candidate, apply(MUL, [update, candidate], "less")], "state")
        apart = apply(MUL, [update, apply(SUB, [state, candidate], "apart")], "share")
        return apply(ADD, [candidate, apart], "state")
