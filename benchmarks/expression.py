"""How fast the expression network is, beside ONNX Runtime and numpy on the same network.

One core each, and seconds of that core: what other programs take meanwhile does not count. All are
timed in turns, so that whatever disturbs the caches meets all; the fastest of all rounds counts,
and the median is printed beside it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from scipy.special import softmax

from mien.blendshapes.names import NAMES
from mien.selfnorm.config import SelfNormConfig
from mien.selfnorm.export import to_onnx, to_torch
from mien.selfnorm.lanes import ALPHA, SCALE
from mien.selfnorm.network import SelfNorm
from mien.selfnorm.simulated_study import simulate


def drawn(classes: int, config: SelfNormConfig) -> SelfNorm:
    """A network with random weights: they do not change the time."""
    rng = np.random.default_rng(0)
    widths = [len(NAMES), *config.widths, classes]
    weights = tuple(
        (rng.standard_normal((a, b)) / np.sqrt(a), 0.1 * rng.standard_normal(b))
        for a, b in itertools.pairwise(widths)
    )
    expressions = tuple(f"class {k}" for k in range(classes))
    mean, scale = rng.random(len(NAMES)) / 3, 0.05 + rng.random(len(NAMES)) / 5
    return SelfNorm(NAMES, expressions, weights, mean, scale, config)


def in_turns(tasks: dict[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, float]]:
    """Fastest and median processor seconds of each task."""
    spent: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            begun = time.process_time()
            task()
            spent[name].append(time.process_time() - begun)
    return {name: (min(each), float(np.median(each))) for name, each in spent.items()}


def by_numpy(network: SelfNorm) -> Callable[[np.ndarray], np.ndarray]:
    """The network as one writes it in numpy, with the products of its BLAS."""
    layers = [(w.astype(np.float32), b.astype(np.float32)) for w, b in network.folded()]

    def run(x: np.ndarray) -> np.ndarray:
        for weight, bias in layers[:-1]:
            x = x @ weight + bias
            x = np.float32(SCALE) * np.where(x > 0, x, np.float32(ALPHA) * np.expm1(x))
        return softmax(x @ layers[-1][0] + layers[-1][1], 1)

    return run


def by_onnxruntime(network: SelfNorm) -> Callable[[np.ndarray], np.ndarray] | None:
    """The network in ONNX Runtime on one thread; None where that is not installed."""
    try:
        import onnxruntime
    except ImportError:
        print("onnxruntime is not installed: nothing to compare with")
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    content = to_onnx(network).SerializeToString()
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"scores": x})[0]


def by_torch(network: SelfNorm) -> Callable[[np.ndarray], np.ndarray] | None:
    """The network in torch, which is not timed; None where that is not installed."""
    try:
        import torch
    except ImportError:
        print("torch is not installed: nothing to compare with")
        return None
    module = torch.nn.Sequential(to_torch(network), torch.nn.Softmax(1))

    def run(x: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return module(torch.from_numpy(x)).numpy()

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", type=Path, help="a network; without: random weights")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--batch", type=int, default=8192, help="snapshots in a batch")
    arguments = parser.parse_args()
    network = SelfNorm.load(arguments.model) if arguments.model else drawn(5, SelfNormConfig())
    faces = simulate(participants=8, snapshots=arguments.batch, seed=1).aligned(network.names)
    x = network.config.features.of(faces)
    ours, one, repeats = network.predict_proba(x), x[:1].copy(), 200
    network.score_one(one[0])
    others = {"numpy": by_numpy(network), "onnxruntime": by_onnxruntime(network)}
    timed = {name: run for name, run in others.items() if run is not None}
    compared = timed | {"torch": theirs} if (theirs := by_torch(network)) else timed
    result: dict[str, object] = {
        "largest_difference": {n: float(np.abs(run(x) - ours).max()) for n, run in compared.items()}
    }
    batch = {name: partial(run, x) for name, run in timed.items()}
    single = {name: partial(repeated, partial(run, one), repeats) for name, run in timed.items()}
    batch["mien"] = partial(network.predict_proba, x)
    single["mien"] = partial(repeated, partial(network.score_one, one[0]), repeats)
    for name, times in in_turns(batch, arguments.rounds).items():
        for what, seconds in zip(("", "_median"), times, strict=True):
            result[f"{name}_snapshots_per_s{what}"] = round(len(x) / seconds)
    for name, times in in_turns(single, arguments.rounds).items():
        for what, seconds in zip(("", "_median"), times, strict=True):
            result[f"{name}_single_us{what}"] = round(1e6 * seconds / repeats, 2)
    print(json.dumps(result, indent=2))


def repeated(task: Callable[[], object], times: int) -> None:
    """Do it again and again."""
    for _ in range(times):
        task()


if __name__ == "__main__":
    main()
