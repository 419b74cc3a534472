"""A bank of one's own: k-Same composites of a cohort, and what they guarantee.

The people of a cohort are divided into groups of at least k who look alike to a recogniser; each
group becomes one composite, in which all of it weigh the same. Whoever sees only the composite
cannot tell better than one in k which of its people it is. That is the guarantee of k-Same [1]_,
and it is one about pictures: Gross et al. [2]_ say where it ends. The division is MDAV [3]_.

References
----------
.. [1] Newton, Sweeney, Malin, "Preserving privacy by de-identifying face images", IEEE TKDE 17(2),
   2005.
.. [2] Gross, Sweeney, Cohn, de la Torre, Baker, "Face de-identification", in Protecting Privacy in
   Video Surveillance, Springer, 2009.
.. [3] Domingo-Ferrer, Mateo-Sanz, "Practical data-oriented microaggregation for statistical
   disclosure control", IEEE TKDE 14(1), 2002.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mien.errors import EngineError, OutputError, ParameterError, PrivacyError
from mien.face.model import FaceModel
from mien.intake.pictures import picture_size
from mien.models.landmarker import Backend
from mien.outputs import check_parent, complete_folder, put_back
from mien.progress import Progress, silent
from mien.recognition import registry
from mien.recognition.recogniser import Recogniser, distances
from mien.surrogates.bank import Surrogate, apparent_rules
from mien.surrogates.making.clusters import partition, same_person
from mien.surrogates.making.cohort import REASONS, Member, shortcoming
from mien.surrogates.making.composite import apart, compose, middle, without_expression
from mien.surrogates.making.measuring import measure_all
from mien.surrogates.making.statement import in_words, statement_of
from mien.surrogates.modes import Modes
from mien.surrogates.portrait import likeness
from mien.video.clips import is_clip

Measure = Callable[[list[Path], Recogniser, Backend | None, Progress], list[Member | None]]
Move = Callable[
    [list[Surrogate], np.ndarray, Recogniser, Modes, float],
    tuple[list[Surrogate], np.ndarray, np.ndarray],
]

SMALLEST_K = 5
USUAL_K = 10

PICTURES = (".jpg", ".jpeg", ".png")
_MARGIN = 0.02  # above the threshold, so that the rounding of a picture takes nothing below it
_FAIR, _DARK = 42.0, 30.0  # typology angles between which a skin is called medium
_FILES = {"cards.json", "statement.json", "STATEMENT.md"}


@dataclass(frozen=True)
class Built:
    """What `build` made. Names of files are here, and nowhere in the bank."""

    folder: Path
    """The bank, for `Bank.open`."""
    composites: list[str]
    """Ids of its surrogates."""
    left_out: dict[str, list[str]]
    """Files that were of no use, by the key of `REASONS`."""
    merged: list[list[str]]
    """Files that show one and the same person; the first of each list was used."""
    statement: dict[str, Any]
    """What is in `statement.json`."""


def build(
    folder: str | os.PathLike[str],
    output: str | os.PathLike[str],
    k: int = USUAL_K,
    *,
    overwrite: bool = False,
    backend: Backend | None = None,
    progress: Progress | None = None,
    measure: Measure = measure_all,
    move: Move = apart,
) -> Built:
    """Make a bank of composites of the people in a folder, each of at least k of them.

    Parameters
    ----------
    folder : path
        Pictures (JPEG, PNG) and clips, one face each, from the front; only read. What lies in one
        folder further down shows one person; elsewhere the recogniser tells who is who. A person
        counts once.
    output : path
        The bank, a new folder.
    k : int
        People in each composite, at least `SMALLEST_K`.
    overwrite : bool
        Whether a bank at `output` may be replaced.
    backend : Backend, optional
        Finds the landmarks.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.
    measure : callable
        Measures the files, as `mien.surrogates.making.measuring.measure_all`.
    move : callable
        Moves composites away from people, as `mien.surrogates.making.composite.apart`.

    Returns
    -------
    built : Built

    Raises
    ------
    ParameterError
        If k is too small, or there are fewer than k people of use.
    PrivacyError
        If the recogniser takes every composite for somebody of the cohort; nothing is written.
    OutputError
        If the bank cannot be written, or something is in the way.
    """
    folder, output = Path(folder), Path(output)
    report = progress or silent
    paths = _check(folder, output, k, overwrite)
    for path in paths:  # one that is too large is refused before the others are measured
        if path.suffix.lower() in PICTURES:
            with suppress(OSError):
                picture_size(path)
    recogniser = registry.recogniser()
    measured = measure(paths, recogniser, backend, report)
    left_out: dict[str, list[str]] = {}
    useful: list[tuple[Path, Member]] = []
    for path, member in zip(paths, measured, strict=True):
        why = "unreadable" if member is None else shortcoming(member)
        if member is None or why:
            left_out.setdefault(why or "", []).append(str(path.relative_to(folder)))
        else:
            useful.append((path, member))
    groups = same_person(useful, folder)
    merged = [[str(useful[i][0].relative_to(folder)) for i in g] for g in groups if len(g) > 1]
    people = [useful[group[0]][1] for group in groups]
    if len(people) < k:
        raise ParameterError(_too_few(folder, len(people), k, left_out, merged))
    sexes, others = _sexes(people, k)
    for i in others:  # their further pictures are counted with everybody's
        left_out.setdefault("few", []).append(str(useful[groups[i][0]][0].relative_to(folder)))
    seen = np.stack([member.descriptor for member in measured if member is not None])
    clusters: list[np.ndarray] = []
    faces: list[Surrogate] = []
    cards: list[dict[str, Any]] = []
    for sex, group in sexes.items():
        own = [group[cluster] for cluster in partition(people, group, k)]
        report("averaging", len(clusters), None)
        clusters += own
        for face, card in _compose(people, group, own, sex):
            faces.append(face)
            cards.append(card)
    faces, cards = _apart(faces, cards, people, clusters, seen, recogniser, report, move)
    statement = statement_of(k, len(paths), left_out, merged, clusters, cards)
    _write(output, faces, cards, statement, overwrite)
    return Built(output, [card["id"] for card in cards], left_out, merged, statement)


@cache
def effects() -> np.ndarray:
    """What smiling, squinting, opening and turning do to a log texture, shape (4, 128, 128, 3)."""
    try:
        with as_file(files("mien") / "assets" / "modes.npz") as path, np.load(path) as data:
            return np.asarray(data["effects"], np.float32)
    except (OSError, KeyError) as exc:
        raise EngineError("The effects of expression are missing: reinstall mien.") from exc


# --- who is there -------------------------------------------------------------------------------


def _check(folder: Path, output: Path, k: int, overwrite: bool) -> list[Path]:
    """The files to read; every refusal that needs no work."""
    if k < SMALLEST_K:
        raise ParameterError(
            f"k is {k}: an average of fewer than {SMALLEST_K} people may still look like each of "
            f"them, so choose {SMALLEST_K} or more ({USUAL_K} is usual)."
        )
    if not folder.is_dir():
        raise ParameterError(f"{folder} is not a folder: name one with pictures of your cohort.")
    check_parent(output)
    parent = output.absolute().parent
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(f"The folder {parent} may not be written to: choose another one.")
    put_back(output)
    if os.path.lexists(output):
        if not overwrite:
            raise OutputError(f"{output} already exists: choose another name or add --overwrite.")
        if not _is_bank(output):
            raise OutputError(
                f"{output} is not a bank that mien made, so it is not replaced: choose another "
                "name."
            )
    places = [folder, *sorted(p for p in folder.iterdir() if p.is_dir())]
    paths = [
        path
        for place in places
        for path in sorted(place.iterdir())
        if (path.suffix.lower() in PICTURES or is_clip(path))
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and output.resolve() not in path.resolve().parents
    ]
    if not paths:
        raise ParameterError(f"There are no pictures or clips in {folder}: name another folder.")
    return paths


def _is_bank(folder: Path) -> bool:
    """Whether a folder holds a bank of ours and nothing else."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    names = {path.name for path in folder.iterdir()}
    return names >= _FILES and all(name.endswith(".jpg") for name in names - _FILES)


def _sexes(people: list[Member], k: int) -> tuple[dict[str | None, np.ndarray], np.ndarray]:
    """The cohort by apparent sex, and who is left because there are too few of theirs.

    A composite of both is nobody's peer: only a cohort that has too few of either is mixed.
    """
    male = np.array([_leans(member.descriptor, "sex", "male") > 0 for member in people])
    groups = {"male": np.flatnonzero(male), "female": np.flatnonzero(~male)}
    enough: dict[str | None, np.ndarray] = {s: g for s, g in groups.items() if len(g) >= k}
    if not enough:
        return {None: np.arange(len(people))}, np.arange(0)
    few = [group for group in groups.values() if len(group) < k]
    return enough, np.concatenate(few) if few else np.arange(0)


def _leans(descriptor: np.ndarray, kind: str, yes: str) -> float:
    rule = apparent_rules()[kind]
    return float((descriptor - rule["mean"]) @ rule[yes])


def _too_few(
    folder: Path, count: int, k: int, left_out: dict[str, list[str]], merged: list[list[str]]
) -> str:
    reasons = [f"{len(names)} because {REASONS[why]}" for why, names in left_out.items()]
    again = sum(len(names) - 1 for names in merged)
    if again:
        reasons.append(f"{again} because they show somebody again")
    why = f" ({', '.join(reasons)}: left out)" if reasons else ""
    smaller = f" or choose a k of {SMALLEST_K} to {count}" if count >= SMALLEST_K else ""
    return (
        f"{folder} has {count} people of use and a composite needs {k}{why}: add pictures from "
        f"the front, without glasses{smaller}."
    )


# --- the composites -----------------------------------------------------------------------------


def _compose(
    people: list[Member], group: np.ndarray, clusters: list[np.ndarray], sex: str | None
) -> Iterator[tuple[Surrogate, dict[str, Any]]]:
    """One face for each cluster of a group, and its card."""
    rng = np.random.default_rng(len(group))
    alphas = np.stack([member.at_ease for member in people])
    everybody = middle([without_expression(people[i], effects()) for i in group])
    stem = {"male": "own-man", "female": "own-woman", None: "own-face"}[sex]
    for number, cluster in enumerate(clusters):
        some = [people[i] for i in cluster]
        looks = np.mean([member.descriptor for member in some], axis=0)
        angle = float(np.mean([member.tone for member in some]))
        name = f"{stem}-{number + 1}"
        clean = [without_expression(member, effects()) for member in some]
        face = compose(name, clean, alphas[cluster], everybody, alphas[group].mean(0), rng)
        yield (
            face,
            {
                "id": name,
                "apparent_sex": sex,
                "apparent_tone": "fair" if angle > _FAIR else "dark" if angle < _DARK else "medium",
                "apparent_age": "older" if _leans(looks, "age", "older") > 0 else "younger",
                "tone_angle_deg": round(angle, 1),
                "members_born": None,
                "k": len(cluster),
                "source": "a cohort of the user's own",
                "neutralised": "solved expression removed from the shape; smile, jaw and turn "
                "taken out of the texture; mirrored; moved away from the other composites and "
                "from every face of the cohort",
            },
        )


def _apart(
    faces: list[Surrogate],
    cards: list[dict[str, Any]],
    people: list[Member],
    clusters: list[np.ndarray],
    seen: np.ndarray,
    recogniser: Recogniser,
    report: Progress,
    move: Move,
) -> tuple[list[Surrogate], list[dict[str, Any]]]:
    """Move the faces away from everybody; those that do not get away are left out."""
    report("moving apart", 0, None)
    needed = recogniser.threshold + _MARGIN
    moved, amounts, _ = move(faces, seen, recogniser, Modes.load(), needed)
    looks = np.stack([recogniser.describe(*likeness(face)) for face in moved])
    away = distances(looks, seen).min(1)
    kept = np.flatnonzero(away >= recogniser.threshold)
    if not len(kept):
        raise PrivacyError(
            f"The recogniser takes every composite for somebody of the cohort (distances "
            f"{away.min():.2f} to {away.max():.2f}, needed {recogniser.threshold}): choose a "
            "larger k or add people."
        )
    between = distances(looks[kept], looks[kept]) + 9 * np.eye(len(kept))
    model = FaceModel.load()
    basis = model.identity.reshape(len(model.identity), -1)
    for row, place in enumerate(kept):
        own = np.stack([people[i].descriptor for i in clusters[place]])
        shape = (moved[place].shape - model.usual - model.neutral).ravel()
        alpha, *_ = np.linalg.lstsq(basis.T, shape, rcond=None)
        cards[place] |= {
            "distance": {
                "nearest_composite": round(float(between[row].min()), 3) if len(kept) > 1 else None,
                "nearest_of_cohort": round(float(away[place]), 3),
                "nearest_member": round(float(distances(looks[[place]], own).min()), 3),
            },
            "moved_sd": round(float(np.linalg.norm(amounts[place])), 2),
            "alpha": [round(float(a), 4) for a in alpha],
            "descriptor": [round(float(d), 4) for d in looks[place]],
        }
    return [moved[place] for place in kept], [cards[place] for place in kept]


def _write(
    output: Path,
    faces: list[Surrogate],
    cards: list[dict[str, Any]],
    statement: dict[str, Any],
    overwrite: bool,
) -> None:
    """Write the bank beside its place and move it there when it is complete."""
    with complete_folder(output, lambda there: overwrite and _is_bank(there)) as part:
        for face in faces:
            done, data = cv2.imencode(
                ".jpg", face.texture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90]
            )
            assert done
            (part / f"{face.id}.jpg").write_bytes(data.tobytes())
        (part / "cards.json").write_text(json.dumps(cards, indent=1) + "\n")
        (part / "statement.json").write_text(json.dumps(statement, indent=2) + "\n")
        (part / "STATEMENT.md").write_text(in_words(statement), encoding="utf-8")
