"""Trials in which judges look for the patient: six faces, and people whom one knows."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from mien import __version__
from mien.errors import OutputError, ParameterError
from mien.outputs import check_parent, complete_folder
from mien.progress import Progress
from mien.study.faces import (
    Cut,
    Face,
    covered,
    cut,
    in_colours_of,
    inner,
    looking,
    whole,
)
from mien.study.lineup_people import (
    COHORT,
    SHOWN,
    SURROGATES,
    Control,
    Person,
    controls_of,
    people_of,
)
from mien.study.lineup_store import FACES, SETTINGS, LineupStore, LineupTrial
from mien.study.plain_table import read_table
from mien.study.trials import (
    ACQUAINTANCES,
    ARMS,
    BLANKED,
    COMPARING,
    INNER,
    MOST_JUDGES,
    WHOLE,
)
from mien.video.clips import ENDINGS

_STEP = 4096  # bytes that pictures are filled up to
_QUALITY = 92


@dataclass(frozen=True)
class LineupSettings:
    """What a line-up is to be; validated once."""

    judges: tuple[str, ...]
    """Who compares six faces."""
    acquaintances: tuple[str, ...] = ()
    """Who knows the patients, and is asked to name them."""
    arms: tuple[str, ...] = (INNER,)
    """Of the comparing ones."""
    controls: str = SURROGATES
    """`COHORT`, `SURROGATES`, or a folder of portraits."""
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names that name the patient, by clip; for acquaintances."""
    seed: int = 0
    title: str = "Who is who?"

    def __post_init__(self) -> None:
        everybody = (*self.judges, *self.acquaintances)
        if not everybody:
            raise ParameterError("A line-up needs judges: give --judges or --acquaintances.")
        if len(everybody) > MOST_JUDGES:
            raise ParameterError(f"{len(everybody)} judges: give {MOST_JUDGES} at most.")
        for name in everybody:
            if not name.strip() or len(name) > 60 or not name.isprintable():
                raise ParameterError(f"{name[:20]!r} is no name of a judge: give 1 to 60 letters.")
        if len(set(everybody)) < len(everybody):
            raise ParameterError("A judge is named twice: give each a name of their own.")
        wrong = [arm for arm in self.arms if arm not in COMPARING]
        if wrong or (self.judges and not self.arms):
            raise ParameterError(f"Arms are {' and '.join(COMPARING)}: choose one or both.")
        if self.judges and WHOLE in self.arms and self.controls == SURROGATES:
            raise ParameterError(
                "mien's surrogates have no hair, so whoever has some would be the patient: give "
                "--controls cohort or a folder of portraits for the arm whole."
            )
        if self.acquaintances and not self.names:
            raise ParameterError(
                "Acquaintances name people: give --names with the names of those shown."
            )


def read_names(path: Path) -> dict[str, tuple[str, ...]]:
    """Names by clip: a table with the columns clip and name; a clip may have several lines.

    Raises
    ------
    FormatError
        If it cannot be read.
    """
    table = read_table(path, ("clip", "name"))
    found: dict[str, tuple[str, ...]] = {}
    for row in table.rows:
        clip, name = row.cells.get("clip", ""), " ".join(row.cells.get("name", "").split())
        if not clip or not name:
            raise table.wrong(row, "clip or name is empty: fill it in, or delete the line.")
        clip = Path(clip).stem if Path(clip).suffix.lower() in ENDINGS else clip
        found[clip] = (*found.get(clip, ()), name)
    return found


def lineup(
    pairs: Sequence[tuple[Path, Path]],
    folder: Path,
    settings: LineupSettings,
    *,
    names: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """Make the folder of a line-up, which SHOWS THE PATIENTS; it appears when it is complete.

    Parameters
    ----------
    pairs : sequence of (Path, Path)
        Original and result.
    folder : Path
        A new place.
    settings : LineupSettings
    names : sequence of str, optional
        What each pair is called in tables; as its original if not given.
    progress : callable, optional
        Called as ``progress("looking", done, None)`` after each pair.

    Returns
    -------
    left_out : list of str
        What was left out, a sentence each.

    Raises
    ------
    OutputError
        If something is there already, or the folder cannot be written.
    VideoError
        If a clip cannot be read.
    ParameterError
        If there are too few faces for controls, or acquaintances see somebody without a name.
    NoFaceError
        If no pair shows a face.
    """
    check_parent(folder)
    if os.path.lexists(folder):
        raise OutputError(f"{folder} already exists: choose another name.")
    called_so = [original.stem for original, _ in pairs] if names is None else list(names)
    nameless = [name for name in called_so if name not in settings.names]
    if settings.acquaintances and nameless:  # whoever recognised them would count as wrong
        raise ParameterError(f"Acquaintances could give no name for {', '.join(nameless)}: write "
                             "one for every clip.")  # fmt: skip
    rng = np.random.default_rng(settings.seed)
    with looking() as (detector, backend):
        people, left_out = people_of(pairs, detector, backend, progress, names)
        controls: Control | None = None
        if settings.judges:
            controls = controls_of(settings.controls, people, detector, backend, rng)
        with complete_folder(folder, lambda _: False) as part:
            part.chmod(0o700)
            (part / FACES).mkdir()
            trials = _trials(people, controls, settings, part / FACES, rng)
            _fill(part / FACES)
            (part / SETTINGS).write_text(_record(settings, people, left_out), "utf-8")
            LineupStore.create(part, trials)
    return left_out


def _trials(
    people: Sequence[Person],
    controls: Control | None,
    settings: LineupSettings,
    folder: Path,
    rng: np.random.Generator,
) -> list[LineupTrial]:
    """Write all pictures; who sees them in which order."""
    shown: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for person in people:
        for arm in settings.arms:
            if controls is None:
                break
            shown[arm, person.clip] = _write(_six(person, controls(person), arm, rng), folder)
        if settings.acquaintances:
            result = whole(cut(person.result, rng, hair=True))
            blank = covered(cut(person.original, rng, hair=True))
            shown[ACQUAINTANCES, person.clip] = _write({"result": result}, folder)
            shown[BLANKED, person.clip] = _write({"original": blank}, folder)
    clips = [person.clip for person in people]
    trials = []
    for judge in (*settings.judges, *settings.acquaintances):
        # whoever has seen the face would know the covered one
        arms = settings.arms if judge in settings.judges else (BLANKED, ACQUAINTANCES)
        order = [(arm, clips[k]) for arm in arms for k in rng.permutation(len(clips))]
        for position, (arm, clip) in enumerate(order):
            faces = shown[arm, clip]
            mixed = tuple(faces[k] for k in rng.permutation(len(faces)))
            trials.append(LineupTrial(judge, position, arm, clip, mixed))
    return trials


def _six(
    person: Person, controls: list[Face], arm: str, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Pictures by role, all in the colours of the result."""
    faces = {"original": person.original, "result": person.result}
    if person.surrogate is not None and arm != WHOLE:  # surrogates have no hair
        faces["surrogate"] = person.surrogate
    for number, face in enumerate(controls[: SHOWN - len(faces)]):
        faces[f"control{number + 1}"] = face
    hair = arm == WHOLE
    cuts: dict[str, Cut] = {role: cut(face, rng, hair=hair) for role, face in faces.items()}
    show = whole if hair else inner
    return {role: show(in_colours_of(one, cuts["result"])) for role, one in cuts.items()}


def _write(pictures: Mapping[str, np.ndarray], folder: Path) -> list[tuple[str, str]]:
    """Files and roles of pictures."""
    found = []
    for role, picture in pictures.items():
        name = f"{secrets.token_hex(16)}.jpg"
        settings = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
        _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), settings)
        (folder / name).write_bytes(data.tobytes())
        found.append((name, role))
    return found


def _fill(folder: Path) -> None:
    """Give all pictures the same number of bytes; what follows a JPEG's end is not read."""
    paths = sorted(folder.iterdir())
    size = -(-max(path.stat().st_size for path in paths) // _STEP) * _STEP
    for path in paths:
        with path.open("ab") as file:
            file.write(bytes(size - file.tell()))
        os.utime(path, (0, 0))


def _record(settings: LineupSettings, people: Sequence[Person], left_out: Sequence[str]) -> str:
    content = {
        "mien": __version__,
        "created": round(time.time()),
        "title": settings.title,
        "seed": settings.seed,
        "judges": list(settings.judges),
        "acquaintances": list(settings.acquaintances),
        "arms": {arm: ARMS[arm] for arm in settings.arms},
        "controls": settings.controls if settings.controls in (COHORT, SURROGATES) else "portraits",
        "names": {clip: list(names) for clip, names in settings.names.items()},
        "clips": [person.clip for person in people],
        "left_out": list(left_out),
        "surrogates": {p.clip: p.surrogate_id or None for p in people},
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
