"""Who a phantom is: mixed from two surrogates of the bank."""

from __future__ import annotations

import numpy as np

from mien.phantom.script import Script
from mien.surrogates import bank

_LEADING = 12  # identity modes in which people differ visibly


def identity(script: Script, number: int) -> tuple[tuple[str, str], np.ndarray]:
    """The two surrogates that a person is mixed from, and the person's alpha."""
    rng = script.chance(number, "identity")
    cards = bank.cards()
    taken = script.faces[:number]
    free = [name for name in sorted(cards) if name not in taken]
    first = script.faces[number] if number < len(script.faces) else str(rng.choice(free))
    sex = cards[first]["apparent_sex"]
    mates = [name for name in free if name != first and cards[name]["apparent_sex"] == sex]
    second = str(rng.choice(mates or free))
    alpha = (np.array(cards[first]["alpha"]) + np.array(cards[second]["alpha"])) / 2
    spread = np.where(np.arange(len(alpha)) < _LEADING, 1.2, 0.4)
    return (first, second), np.clip(alpha + rng.normal(0, spread), -2.5, 2.5)
