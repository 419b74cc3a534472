"""How fast the expression network is, beside ONNX Runtime on the same network in the same run.

One core each, and seconds of that core: what other programs take meanwhile does not count. Both are
timed in turns, so that whatever disturbs the caches meets both; the fastest of all rounds counts,
and the median is printed beside it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mien.blendshapes.scores import NAMES
from mien.selfnorm.export import to_onnx
from mien.selfnorm.network import SelfNorm, SelfNormConfig
from mien.selfnorm.simulated import simulate


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", type=Path, help="a network; without: random weights")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--batch", type=int, default=8192, help="snapshots in a batch")
    arguments = parser.parse_args()
    network = SelfNorm.load(arguments.model) if arguments.model else drawn(5, SelfNormConfig())
    faces = simulate(participants=8, snapshots=arguments.batch, seed=1).aligned(network.names)
    x = network.config.features.of(faces)
    row = x[0].copy()
    repeats = 200
    tasks: dict[str, dict[str, Callable[[], object]]] = {
        "batch": {"mien": lambda: network.predict_proba(x)},
        "single": {"mien": lambda: [network.score_one(row) for _ in range(repeats)]},
    }
    ours = network.predict_proba(x)
    agreement = {}
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            to_onnx(network).SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        one = row[None]
        tasks["batch"]["onnxruntime"] = lambda: session.run(None, {"scores": x})
        tasks["single"]["onnxruntime"] = lambda: [
            session.run(None, {"scores": one}) for _ in range(repeats)
        ]
        agreement["onnxruntime"] = float(np.abs(session.run(None, {"scores": x})[0] - ours).max())
    except ImportError:
        print("onnxruntime is not installed: nothing to compare with")
    try:
        import torch

        from mien.selfnorm.training import to_torch

        with torch.no_grad():
            theirs = torch.softmax(to_torch(network)(torch.from_numpy(x)), 1).numpy()
        agreement["torch"] = float(np.abs(theirs - ours).max())
    except ImportError:
        print("torch is not installed: nothing to compare with")
    network.score_one(row)
    result: dict[str, object] = {"largest_difference": agreement}
    for kind, group in tasks.items():
        for name, (fastest, median) in in_turns(group, arguments.rounds).items():
            if kind == "batch":
                result[f"{name}_snapshots_per_s"] = round(len(x) / fastest)
                result[f"{name}_snapshots_per_s_median"] = round(len(x) / median)
            else:
                result[f"{name}_single_us"] = round(1e6 * fastest / repeats, 2)
                result[f"{name}_single_us_median"] = round(1e6 * median / repeats, 2)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
