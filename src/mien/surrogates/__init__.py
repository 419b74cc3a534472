"""Whose face the patient is given: the bank, the choice, and users' own images."""

from mien.surrogates.bank import Surrogate, cards, load

__all__ = ["Surrogate", "cards", "load"]
