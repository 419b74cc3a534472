"""Studies that a form is for: named, or those that a review includes."""

from __future__ import annotations

from pathlib import Path

from mien.errors import ParameterError


def included(named: list[str] | None, review: Path | None) -> list[str]:
    """Names of studies.

    Parameters
    ----------
    named : list of str, optional
    review : Path, optional
        Folder of a review, whose included studies are added.

    Raises
    ------
    FormatError
        If the folder is no review.
    ParameterError
        If it includes no study yet.
    """
    names = list(named or [])
    if review is not None:
        from mien.review.living.review_folder import open_review

        there = list(open_review(review).studies())
        if not there:
            raise ParameterError(f"{review} includes no study yet: decide about full texts first.")
        names += there
    return list(dict.fromkeys(names))
