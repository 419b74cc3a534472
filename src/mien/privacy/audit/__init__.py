"""Auditing somebody's de-identified clip against its original: two files in, a verdict out."""

from mien.privacy.audit.asked import EVERYBODY, Asked, ask
from mien.privacy.audit.comparing import audit_pair
from mien.privacy.audit.pairing import Pairing, pair
from mien.privacy.audit.sampling import SAMPLING, Sampling, sampling
from mien.privacy.audit.strangers import places
from mien.privacy.audit.verdict import Finding, Pair, Verdict

__all__ = [
    "EVERYBODY",
    "SAMPLING",
    "Asked",
    "Finding",
    "Pair",
    "Pairing",
    "Sampling",
    "Verdict",
    "ask",
    "audit_pair",
    "pair",
    "places",
    "sampling",
]
