"""What is likely to be relevant, learnt from what was decided so far.

The default has the features and the classifier of ASReview's default since its version 2, ELAS u4:
TF-IDF of words and pairs of words with sublinear counts, and a linear support vector machine in
which irrelevant records weigh 1/9.8 of the relevant ones, all together [1]_. `naive-bayes` is its
earlier default [2]_.

References
----------
.. [1] ASReview LAB 2 and 3, documentation of its models, ELAS u4 and u3.
.. [2] van de Schoot et al., Nature Machine Intelligence 2021;3:125-133.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mien.errors import ParameterError
from mien.review.records.record import Record


@dataclass(frozen=True)
class Model:
    """How records become numbers, and how numbers are told apart."""

    classifier: str
    """``svm``, ``naive-bayes`` or ``logistic``."""
    ratio: float
    """How much more all relevant records weigh than all others."""
    strength: float
    """C of the machine or the regression; alpha of naive Bayes."""
    features: dict[str, Any] = field(default_factory=dict)
    """Settings of scikit-learn's ``TfidfVectorizer``."""


_PAIRS = {"ngram_range": (1, 2), "sublinear_tf": True, "min_df": 1, "max_df": 0.95}
MODELS = {
    "svm": Model("svm", 9.8, 0.11, _PAIRS),
    "logistic": Model("logistic", 9.8, 1.0, _PAIRS),
    "naive-bayes": Model("naive-bayes", 1.2, 3.822, {"stop_words": "english"}),
}
"""By name; the first is the default."""


def model_named(name: str) -> Model:
    """A model of `MODELS`; raises `ParameterError` if there is none of that name."""
    if name not in MODELS:
        raise ParameterError(f"There is no model {name!r}: choose {', '.join(MODELS)}.")
    return MODELS[name]


def features_of(records: Sequence[Record], model: Model) -> Any:
    """Titles and abstracts as numbers.

    Returns
    -------
    features : scipy.sparse.csr_matrix [shape=(n_records, n_terms)]
        TF-IDF, each row of length 1.

    Raises
    ------
    ParameterError
        If no record has any words.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [f"{record.title} {record.abstract}" for record in records]
    settings = dict(model.features)
    if len(texts) < 3:
        settings.pop("max_df", None)
    try:
        return TfidfVectorizer(dtype=np.float64, **settings).fit_transform(texts)
    except ValueError as exc:
        raise ParameterError(
            "The records have no words to learn from: give some with titles or abstracts."
        ) from exc


def scores(
    features: Any, seen: np.ndarray, labels: np.ndarray, model: Model, *, seed: int = 0
) -> np.ndarray:
    """How likely each record is to be relevant, on a scale of the classifier's own.

    Parameters
    ----------
    features : sparse matrix [shape=(n, n_terms)]
        Of all records.
    seen : np.ndarray [shape=(k,), dtype=int]
        Places of those that were decided.
    labels : np.ndarray [shape=(k,), dtype=int]
        1 relevant, 0 not; both must be there.

    Returns
    -------
    scores : np.ndarray [shape=(n,)]
        The higher, the likelier.
    """
    fitted = _classifier(model, seed)
    fitted.fit(features[seen], labels, sample_weight=weights(labels, model.ratio))
    if model.classifier == "naive-bayes":
        logs = fitted.predict_log_proba(features)
        return np.asarray(logs[:, 1] - logs[:, 0])
    return np.asarray(fitted.decision_function(features)).ravel()


def weights(labels: np.ndarray, ratio: float) -> np.ndarray:
    """Weights of mean 1 [shape=(k,)]: all relevant records weigh `ratio` times all others."""
    relevant = labels == 1
    raw = np.where(relevant, 1.0, relevant.sum() / (ratio * max((~relevant).sum(), 1)))
    return np.asarray(raw * (len(labels) / raw.sum()))


def _classifier(model: Model, seed: int) -> Any:
    if model.classifier == "svm":
        from sklearn.svm import LinearSVC

        return LinearSVC(loss="squared_hinge", C=model.strength, random_state=seed)
    if model.classifier == "logistic":
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=model.strength, solver="liblinear", random_state=seed)
    from sklearn.naive_bayes import MultinomialNB

    return MultinomialNB(alpha=model.strength)
