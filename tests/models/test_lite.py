"""Networks in LiteRT's format compute the same in ONNX; damaged files are one error."""

from __future__ import annotations

import numpy as np
import pytest

from mien.errors import FormatError
from mien.models.lite.convert import convert
from mien.models.onnx_network import OnnxNetwork
from mien.selfnorm.litert import ADD, DENSE, ELU, LOGISTIC, MUL, RELU, SOFTMAX, TANH, Graph

_NAMES = {"last": "answer"}
_KINDS = {"elu": ELU, "relu": RELU, "tanh": TANH, "logistic": LOGISTIC, "softmax": SOFTMAX}
_DO = {
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True),
}


def made(kind: str = "relu") -> tuple[bytes, np.ndarray, np.ndarray]:
    """A file: a layer, a product, a sum and a step of that kind; its weights, its bias."""
    rng = np.random.default_rng(3)
    weights, bias = (rng.normal(size=s).astype(np.float32) for s in ((5, 4), (5,)))
    graph = Graph()
    first = graph.tensor("scores", (1, 4))
    held = [graph.constant("weights", weights), graph.constant("bias", bias)]
    seen = graph.apply(DENSE, [first, *held], "dense", (1, 5))
    twice = graph.apply(MUL, [seen, graph.constant("two", np.array(2, "<f4"))], "mul", (1, 5))
    more = graph.apply(ADD, [twice, seen], "sum", (1, 5))
    last = graph.apply(_KINDS[kind], [more], "last", (1, 5))
    return graph.written(first, last), weights, bias


@pytest.mark.parametrize("kind", sorted(_KINDS))
def test_a_network_computes_the_same(kind):
    content, weights, bias = made(kind)
    network = OnnxNetwork(convert(content, _NAMES, "test"))
    given = np.random.default_rng(4).normal(size=(1, 4)).astype(np.float32)
    (found,) = network.run(given, ("answer",))
    assert np.abs(found - _DO[kind](3 * (given @ weights.T + bias))).max() < 1e-5


def test_damaged_files_are_one_error():
    content, rng = made()[0], np.random.default_rng(5)
    refused = 0
    for number in range(120):
        damaged = bytearray(content)
        if number % 2:
            del damaged[int(rng.integers(8, len(content))) :]
        for place in rng.integers(0, len(damaged), 12):
            damaged[place] = rng.integers(0, 256)
        try:
            convert(bytes(damaged), _NAMES, "test")
        except FormatError:
            refused += 1
    assert refused > 60


@pytest.mark.parametrize("content", [b"", b"something else", bytes(100)], ids=str)
def test_what_is_no_such_file_is_said(content):
    with pytest.raises(FormatError, match="LiteRT"):
        convert(content, _NAMES, "test")


def test_a_step_that_is_not_known_is_named():
    graph = Graph()
    first = graph.tensor("scores", (1, 4))
    content = graph.written(first, graph.unpack(first, 4, "part", (1, 1))[0])
    with pytest.raises(FormatError, match="UNPACK"):
        convert(content, {}, "test")
