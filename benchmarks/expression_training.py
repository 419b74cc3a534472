"""What an epoch of the expression network costs, beside the same in torch's own layers and Adam.

One core each, and seconds of that core; in turns, so that whatever disturbs meets both. The fastest
of all rounds counts, and the median is printed beside it. Needs torch.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import time
from collections.abc import Callable

import numpy as np

from mien.blendshapes.names import NAMES
from mien.selfnorm.config import SelfNormConfig
from mien.selfnorm.learner import Learner, one_thread
from mien.selfnorm.simulated_study import simulate


def torchs(x: np.ndarray, y: np.ndarray, config: SelfNormConfig) -> Callable[[], float]:
    """An epoch of the same network, batches and L2, as one writes it in torch; gives its loss."""
    import torch
    from torch import nn

    widths = [x.shape[1], *config.widths, y.shape[1]]
    dense = [nn.Linear(a, b) for a, b in itertools.pairwise(widths)]
    for layer in dense:
        nn.init.normal_(layer.weight, std=1 / math.sqrt(layer.in_features))
        nn.init.zeros_(layer.bias)
    parts: list[nn.Module] = []
    for layer in dense[:-1]:
        parts += [layer, nn.SELU(inplace=True), nn.AlphaDropout(config.dropout)]
    network = nn.Sequential(*parts, dense[-1])
    held = [dense[number - 1].weight for number in config.l2_layers]
    others = [p for p in network.parameters() if not any(p is weight for weight in held)]
    groups = [{"params": others}, {"params": held, "weight_decay": 2 * config.l2}]
    optimiser = torch.optim.Adam(groups, lr=config.learning_rate, eps=1e-7, fused=True)
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y)

    def epoch() -> float:
        total = 0.0
        for rows in torch.randperm(len(x)).split(config.batch):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(network(inputs[rows]), targets[rows])
            loss.backward()
            optimiser.step()
            total += loss.item() * len(rows)
        return total / len(x)

    return epoch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--snapshots", type=int, default=20_000)
    arguments = parser.parse_args()
    faces = simulate(participants=20, snapshots=arguments.snapshots, seed=1)
    x = (faces.scores - faces.scores.mean(0)) / np.maximum(faces.scores.std(0), 0.01)
    y = np.eye(len(faces.expressions), dtype=np.float32)[faces.labels]
    config = SelfNormConfig()
    spent: dict[str, list[float]] = {"mien": [], "torch": []}
    loss: dict[str, float] = {}
    with one_thread():
        import torch

        learner = Learner(len(NAMES), y.shape[1], config)
        epochs = {"mien": lambda: learner.epoch(x, y)[0], "torch": torchs(x, y, config)}
        for _ in range(arguments.rounds):
            for name, epoch in epochs.items():
                begun = time.process_time()
                with torch.set_grad_enabled(name == "torch"):
                    loss[name] = epoch()
                spent[name].append(time.process_time() - begun)
    result = {
        name: {
            "epoch_s": round(min(each), 3),
            "epoch_s_median": round(float(np.median(each)), 3),
            "loss_of_the_last_epoch": round(loss[name], 3),
        }
        for name, each in spent.items()
    }
    ratio = min(spent["torch"]) / min(spent["mien"])
    print(json.dumps(result | {"torch_to_mien": round(ratio, 2)}, indent=2))


if __name__ == "__main__":
    main()
