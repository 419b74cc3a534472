"""A whole review, made up from a seed: the published protocol, two versions, all by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mien.progress import Progress, silent
from mien.review.demo.exports import SOURCES, write_exports
from mien.review.demo.publications import Publication, publications
from mien.review.demo.simulated_people import assess, extract, screen
from mien.review.living.review_folder import Review, begin
from mien.review.living.update import Import, add, freeze
from mien.review.protocol.protocol import published_text
from mien.review.records.reading import read_export

_FIRST, _SECOND = ("2021-09-30", range(2014, 2022)), ("2023-09-30", range(2021, 2024))


def stage(folder: Path, *, seed: int = 1, size: int = 400, progress: Progress = silent) -> Review:
    """Make a review of two versions.

    Exports of databases are written into `folder`, read back, put together, screened, extracted and
    judged by simulated people.

    Parameters
    ----------
    folder : Path
        An empty folder for the exports.
    seed : int
        The same seed makes the same review.
    size : int
        Publications that do not belong, in the first version.
    progress : callable
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    review : Review
        At version 2, with version 1 among the earlier ones; marked as made up.
    """
    old = publications(seed, relevant=max(12, size // 13), irrelevant=size, years=_FIRST[1])
    new = publications(
        seed + 1000, relevant=max(5, size // 50), irrelevant=size // 5, years=_SECOND[1]
    )
    new = [one for one in new if one.key not in {other.key for other in old}]
    review = replace(begin(published_text()), made_up=True)
    for number, (made, (date, _)) in enumerate(((old, _FIRST), (old[::8] + new, _SECOND)), 1):
        progress(f"version {number}: searching", 0, None)
        if number > 1:
            review = freeze(review)
        place = folder / f"search-{number}"
        place.mkdir()
        paths = write_exports(place, made, seed + number)
        imports = [
            Import(source.name, source.kind, f"search-{number}/{source.file}",
                   read_export(paths[source.name]).records)
            for source in SOURCES
            if source.name in paths
        ]  # fmt: skip
        review = add(review, imports, date)
        progress(f"version {number}: reviewing", 0, None)
        review = _reviewed(review, [*old, *new], seed + number)
    return review


def _reviewed(review: Review, made: Sequence[Publication], seed: int) -> Review:
    truth = {one.key: one for one in made}
    review = screen(review, truth, seed)
    review = extract(review, truth, seed)
    return assess(review, seed)
