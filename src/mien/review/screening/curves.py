"""What an order of screening saves, in the field's measures.

References
----------
.. [1] Cohen et al., J Am Med Inform Assoc 2006;13:206-219 (work saved over sampling).
.. [2] Ferdinands et al., Systematic Reviews 2023;12:100 (average time to discovery).
"""

from __future__ import annotations

import math

import numpy as np

from mien.errors import ParameterError


def recall_curve(found: np.ndarray, total: int) -> np.ndarray:
    """Recall after each record.

    Parameters
    ----------
    found : np.ndarray [shape=(k,)]
        Labels in the order of screening.
    total : int
        Relevant records in all.

    Returns
    -------
    recall : np.ndarray [shape=(k,)]
        From 0 to 1.
    """
    return np.cumsum(found) / max(total, 1)


def screened_for(found: np.ndarray, total: int, recall: float) -> int:
    """Records that are screened until a recall is reached; raises `ParameterError` if it is not."""
    wanted = math.ceil(recall * total - 1e-9)
    places = np.flatnonzero(np.cumsum(found) >= wanted)
    if not total or not len(places):
        raise ParameterError(f"A recall of {recall:g} was not reached: screen more records.")
    return int(places[0]) + 1 if wanted else 0


def work_saved(found: np.ndarray, records: int, total: int, recall: float = 0.95) -> float:
    """Work saved over sampling at a recall (WSS) [1]_: share not screened, less 1 - recall."""
    return (records - screened_for(found, total, recall)) / records - (1 - recall)


def relevant_found(found: np.ndarray, records: int, total: int, share: float = 0.1) -> float:
    """Recall after a share of all records (RRF)."""
    return float(found[: math.ceil(share * records)].sum() / max(total, 1))


def time_to_discovery(found: np.ndarray, records: int) -> float:
    """Average time to discovery (ATD) [2]_: mean share of records screened when a relevant one is
    found."""
    return float((np.flatnonzero(found) + 1).mean() / records)


def loss(found: np.ndarray, records: int, total: int) -> float:
    """Area between the recall curve and the best one, as a share of that between best and worst."""
    if not 0 < total < records:
        return 0.0
    recall = np.cumsum(found)
    area = recall.sum() + total * (records - len(found))
    best = total * (records - (total - 1) / 2)
    return float((best - area) / (total * (records - total)))
