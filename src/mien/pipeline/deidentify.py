"""De-identifying a clip, end to end.

Two passes. The first measures every frame and keeps samples of each person; from these come the
person's calibration, the registration and the surrogate. The second renders and writes, and the
result is attacked: by a recogniser that knows the originals, and by a face detector that mien does
not track with. What fails is mended (the face pushed further, the place covered) and rendered
again; what still fails is withheld. Only a result that passes gets its name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from mien.engines import ENGINES, Mesh, Person
from mien.errors import OutputError, ParameterError, PrivacyError
from mien.face.geometry import face_box
from mien.face.region import Region
from mien.models.landmarker import Backend, open_backend
from mien.models.sighting import Sighting
from mien.pipeline import credentials
from mien.pipeline.casting import Individual, cast
from mien.pipeline.choose import MATCHES, ROOM, Choice, choose
from mien.pipeline.compositing import composite, cover
from mien.pipeline.ledger import Entry, Ledger
from mien.pipeline.manifest import LABEL, LABEL_LEFT, Aside, manifest, sha256, versions
from mien.pipeline.survey import Progress, Survey, survey
from mien.recognition import distractors
from mien.recognition.lookout import HEADROOM, Face, Lookout, Tally, close_up, same_face
from mien.recognition.recognisers import GLIMPSE, Dlib, Recogniser
from mien.recognition.spread import spread
from mien.recognition.verdict import Audit, audit, enforce
from mien.recognition.watch import Box
from mien.shortfall import Shortfall
from mien.surrogates.bank import Bank, Surrogate
from mien.surrogates.image import from_image
from mien.tracking import Sample, State
from mien.tracking.gaps import overdue, reaches
from mien.tracking.picture import one_face
from mien.tracking.scene import Scene
from mien.tracking.selection import Role, Selection, proven, roles
from mien.video import Frame, Reader, VideoInfo, Writer
from mien.workers import ahead, in_order

_CHECKED = 60  # output frames of a person that the recogniser sees, and one more every 10 s
_MOST_CHECKED = 180
_WATCH_S = 0.25  # time between frames that the independent detectors search
_MORE_WATCHED = (0.03, 3.0)  # frames searched besides because the picture changed: earned, saved
_AROUND_S = 0.5  # for which a face that was left is covered before and after it was found
_ATTEMPTS = 4  # how often a clip is rendered before what fails is withheld
_MOST_COVERED = 0.8  # share of the main person's frames that may be covered as recognised
_STAYS_S = 3.0  # about two sightings of a face that was left, in which it was there too
_BESIDE_GOP = 12  # frames: who checks a clip goes through it step by step
_MORE_ROOM = 0.05  # by which an attempt's face is pushed further than the last one's


@dataclass(frozen=True)
class Settings:
    """How to de-identify; validated once."""

    engine: str = "mesh"
    """One of `mesh`, `mask`, `blur`, `pixelate`."""
    surrogate: str = "auto"
    """`auto`, the id of a surrogate in the bank, or the path of a picture (needs `consent`)."""
    consent: str | None = None
    """Statement of the person whose picture is used, recorded in the manifest."""
    match: str = "age"
    """What `auto` keeps alike: `none`, `sex`, `age` (and sex), `tone` (and both)."""
    subject: str | None = None
    """Name of the patient in a study: clips of one subject get one face. None: a drawn one."""
    bank: str | None = None
    """Folder of a bank of the user's own."""
    selection: Selection = field(default_factory=Selection)
    """Who is replaced, covered, left alone."""
    voice: Literal["keep", "mute"] = "keep"
    """Whether the sound is copied bit for bit or dropped."""
    landmarker: str | None = None
    """Face Landmarker model file to track with instead of the built-in mesh."""
    crf: int = 17
    """Quality of the H.264 output, lower is better."""
    overwrite: bool = False
    """Whether an existing output may be replaced."""
    signer: credentials.Signer | None = None
    """Who signs the result's content credentials; None for nobody."""

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise ParameterError(
                f"There is no engine called {self.engine!r}: choose one of {', '.join(ENGINES)}."
            )
        if self.match not in MATCHES:
            raise ParameterError(f"match is {self.match!r}: choose one of {', '.join(MATCHES)}.")
        if self.subject is not None and not self.subject.strip():
            raise ParameterError("The subject has no name: give one such as P07, or none at all.")
        if self.voice not in ("keep", "mute"):
            raise ParameterError(f"voice is {self.voice!r}: choose keep or mute.")
        if not 0 <= self.crf <= 51:
            raise ParameterError(f"crf is {self.crf}: choose 0 (best) to 51.")
        known = self.open_bank().cards
        if self.engine == "mesh" and self.surrogate not in ("auto", *known):
            if not Path(self.surrogate).is_file():
                raise ParameterError(
                    f"There is no surrogate or picture called {self.surrogate!r}: choose auto, one "
                    f"of {', '.join(sorted(known))}, or a picture."
                )
            if not self.consent or len(self.consent.strip()) < 10:
                raise ParameterError(
                    "A real person's face needs a consent statement: add --consent "
                    '"who agreed to what, and when".'
                )

    def open_bank(self) -> Bank:
        """The bank that surrogates come from."""
        return Bank.open(None if self.bank is None else Path(self.bank))

    @property
    def own_picture(self) -> bool:
        """Whether the surrogate is a picture of the user's."""
        return self.surrogate not in ("auto", *self.open_bank().cards)


@dataclass(frozen=True)
class Result:
    """What `deidentify` made."""

    output: Path
    """The de-identified clip."""
    manifest: Path
    """Its manifest, JSON."""
    ledger: Ledger
    """What happened to every frame."""
    audits: list[Audit]
    """The recogniser's verdict on each person."""
    surrogates: list[str]
    """Surrogate given to each person; empty for the obscuring engines."""
    record: dict[str, Any]
    """The manifest's content."""
    missing: Shortfall = field(default_factory=Shortfall)
    """How much of the input could not be read; the result holds the rest."""


def deidentify(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    side_by_side: str | os.PathLike[str] | None = None,
    side_by_side_width: int | None = None,
    progress: Progress | None = None,
    watch: Callable[[Frame, np.ndarray], None] | None = None,
    withhold: bool = True,
) -> Result:
    """Replace every face in a clip and keep what the faces do.

    Parameters
    ----------
    source : path
        The clip; never written to.
    output : path
        An ``.mp4``; the manifest is written beside it as ``.json``.
    settings : Settings, optional
        Defaults to the mesh engine with a surrogate chosen by measuring.
    side_by_side : path, optional
        Also write original and result beside each other. This file shows the patient.
    side_by_side_width : int, optional
        Pixels that each half of it has at most.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.
    watch : callable, optional
        Called as ``watch(frame, image)`` with every frame of the original and what was made of it,
        RGB; of a clip that is rendered again, again. The whole has not been attacked by then.
    withhold : bool
        False renders once and writes whatever comes of it, recognisable or not, for engines to be
        measured as they are. Such a file is not de-identified until the audits say so.

    Returns
    -------
    result : Result

    Raises
    ------
    ParameterError
        If a setting is out of range, or names somebody who is not in the clip.
    VideoError
        If the source cannot be read.
    NoFaceError
        If no frame shows a face: never answered with a copy.
    PrivacyError
        If the result could be recognised, or shows a face that was not accounted for; nothing is
        written.
    OutputError
        If the output cannot be written or is in the way.
    """
    settings = settings or Settings()
    source, output = Path(source), Path(output)
    report = progress or (lambda stage, done, total: None)
    with Reader(source) as reader:
        info = reader.info
    aside = output.with_suffix(".json")
    _keep_apart(source, output, aside, side_by_side)
    if aside.exists() and not settings.overwrite:
        raise OutputError(f"{aside} already exists: choose another name or add --overwrite.")
    left = bool(settings.selection.leave)

    def open_files() -> _Files:
        label = LABEL_LEFT if left else LABEL
        beside = _SideBySide(side_by_side, info, source, settings, side_by_side_width)
        return _Files(source, output, info, settings, label, beside, watch)

    recogniser = Dlib()
    # opened first, so that an output that cannot be written costs no time
    files = open_files()
    lookout: Lookout | None = None
    try:
        with _backend(settings) as backend:
            found = survey(source, info, backend, recogniser, report)
            people = _cast_all(found, settings, recogniser, backend, report)
        covers = {
            frame: [Box(*box.round().astype(int).tolist()) for box in boxes]
            for frame, boxes in found.suspects.items()
        }
        lookout = Lookout()
        others = distractors.load()
        left_so_far: dict[int, list[Box]] = {}
        for attempt in range(_ATTEMPTS):
            if attempt:
                files.abandon()
                files = open_files()
            rendered = _render(
                source,
                found,
                people,
                covers,
                _places(left_so_far),
                files,
                recogniser,
                lookout,
                attempt,
                report,
            )
            audits = [
                audit(
                    person.track.person,
                    _gallery(person, probes, recogniser),
                    recogniser.describe_all(probes.chips),
                    recogniser,
                    frames=probes.frames,
                    others=others,
                    surrogate=person.given,
                )
                for person, probes in zip(people, rendered.probes, strict=True)
                if person.gallery is not None
            ]
            done = not rendered.left and all(verdict.passed for verdict in audits)
            if not withhold or done or attempt == _ATTEMPTS - 1:
                break
            if not _mend_people(people, audits, rendered, recogniser, attempt):
                break
            _mend_places(left_so_far, rendered, covers, found)
        if withhold:
            damaged = "; parts of the input are damaged, which may be the reason"
            enforce(audits, _whereabouts(people, found.times), damaged if found.losses else "")
            _enforce_none_left(rendered)
        part = files.writer.finish()
        if settings.signer is not None:
            label = LABEL_LEFT if left else LABEL
            credentials.sign(
                part, settings.signer, software=f"mien/{versions()['mien']}", label=label
            )
        record = _record(
            source, part, info, settings, backend, found, people, rendered, audits, attempt
        )
        with Aside(aside, json.dumps(record, indent=2) + "\n") as text:
            files.writer.commit()
            text.commit()
        files.beside.commit()
    finally:
        files.abandon()
        if lookout is not None:
            lookout.close()
    names = [person.surrogate.id for person in people if person.surrogate is not None]
    return Result(output, aside, rendered.ledger, audits, names, record, found.missing)


def _cast_all(
    found: Survey, settings: Settings, recogniser: Recogniser, backend: Backend, report: Progress
) -> list[Individual]:
    """Decide what happens to each person, and who is given which face."""

    def describe_picture(path: str) -> np.ndarray:
        return recogniser.describe(*one_face(path, backend))

    chosen = settings.selection
    parts, names = roles(chosen, found.tracks, found.times, describe_picture, recogniser.threshold)
    bank = settings.open_bank()
    people: list[Individual] = []
    for track, role in zip(found.tracks, parts, strict=True):
        report("choosing", len(people), None)

        def pick(person: Person, samples: list[Sample], gallery: np.ndarray) -> Choice | Surrogate:
            given = [other.surrogate.id for other in people if other.surrogate is not None]
            # what is asked for is for the most present of those who are replaced
            first = not any(other.surrogate is not None for other in people)
            if settings.own_picture and first:
                return from_image(settings.surrogate, settings.consent, backend)
            named = first and settings.surrogate != "auto"
            return choose(
                person,
                samples,
                recogniser,
                gallery,
                match=settings.match,
                subject=settings.subject if first else None,
                bank=bank,
                only=settings.surrogate if named else None,
                without=given,
            )

        person = cast(track, role, found, recogniser, settings.engine, pick)
        if role == Role.LEAVE:
            others = [other for other in found.tracks if other is not track]
            person.spared = np.any(
                [
                    proven(name, track, others, found.times, describe_picture)
                    for name in names[track.person]
                ],
                axis=0,
            )
            person.note["frames_left"] = int(person.spared[track.known()].sum())
        people.append(person)
    _refuse_a_copy(people, found)
    return people


def _refuse_a_copy(people: list[Individual], found: Survey) -> None:
    """Do nothing where everybody is left alone in every frame."""
    shown = np.zeros((len(people), len(found.times)), bool)
    for own, person in zip(shown, people, strict=True):
        if person.spared is not None:
            own[person.track.known()] = person.spared[person.track.known()]
        own |= person.track.state == State.ABSENT
    somebody = np.any([person.track.state != State.ABSENT for person in people], axis=0)
    if shown.all() and somebody.all() and not found.suspects:
        raise ParameterError(
            "Everybody in the clip is to be left alone, so the result would be a copy: leave out "
            "--leave for whoever is the patient."
        )


# --- second pass --------------------------------------------------------------------------------


@dataclass
class _Probes:
    """One person's frames for the recogniser."""

    frames: list[int] = field(default_factory=list)
    chips: list[np.ndarray] = field(default_factory=list)
    """Of output frames."""
    originals: list[np.ndarray] = field(default_factory=list)
    """Chips of the original, where detectors that mien does not track with found the face."""


@dataclass(frozen=True)
class _Rendered:
    """What one rendering of the clip gave."""

    ledger: Ledger
    probes: list[_Probes]
    watched: list[int]
    """Frames that the independent detectors searched."""
    left: dict[int, list[Box]]
    """Faces of the original that they found left in the result, by frame."""
    tally: Tally
    """What they looked at, and saw."""


@dataclass
class _Replaced:
    """One de-identified frame."""

    image: np.ndarray
    entry: Entry
    moved: list[np.ndarray | None]
    """Where each person's new face is; None without one."""
    faces: list[Face] | None
    """Faces that are dealt with, as they were; None where the whole frame is covered."""


@dataclass
class _Watched:
    """What the independent detectors found in one frame."""

    left: list[Box] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    glimpses: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    """Chips of the original and of the result, by the person's place in the list."""


def _render(
    source: Path,
    found: Survey,
    people: list[Individual],
    covers: dict[int, list[Box]],
    suspected: list[Sighting],
    files: _Files,
    recogniser: Recogniser,
    lookout: Lookout,
    attempt: int,
    report: Progress,
) -> _Rendered:
    count = len(found.times)
    entries = np.full(count, Entry.COVERED, np.uint8)
    checked = [_frames_to_check(person) for person in people]
    probes = [_Probes() for _ in people]
    turns = _frames_to_watch(found.times, attempt)
    watched: set[int] = set()
    left: dict[int, list[Box]] = {}
    tally = Tally()

    def work(
        item: tuple[Frame, list[np.ndarray]],
    ) -> tuple[Frame, _Replaced, list[list[np.ndarray]], _Watched | None]:
        frame, changed = item
        replaced = _replace(frame.image, frame.index, people, found.times, covers)
        chips = [
            recogniser.views(replaced.image, points)
            if points is not None and frame.index in frames
            else []
            for points, frames in zip(replaced.moved, checked, strict=True)
        ]
        turn = turns.get(frame.index)
        look = None
        if replaced.faces is not None and (turn is not None or changed):
            look = _look(frame.image, replaced, turn, changed, suspected, lookout, recogniser)
        return frame, replaced, chips, look

    stage = "rendering" if not attempt else "rendering again"
    with Reader(source) as reader:
        for frame, replaced, chips, look in in_order(work, _with_changes(ahead(reader))):
            if frame.index >= count:
                raise OutputError(
                    f"{source.name} changed while it was read: leave the input alone and run again."
                )
            entries[frame.index] = replaced.entry
            for kept, views in zip(probes, chips, strict=True):
                kept.frames += [frame.index] * len(views)
                kept.chips += views
            if frame.index in turns or look is not None:
                watched.add(frame.index)
            if look is not None:
                tally.add(look.tally)
                if look.left:
                    left[frame.index] = look.left
                for k, (before, after) in look.glimpses.items():
                    probes[k].originals.append(before)
                    probes[k].chips.append(after)
                    probes[k].frames.append(frame.index)
            files.write(frame, replaced.image)
            report(stage, frame.index + 1, count)
    return _Rendered(Ledger(entries, found.times), probes, sorted(watched), left, tally)


def _with_changes(frames: Iterable[Frame]) -> Iterator[tuple[Frame, list[np.ndarray]]]:
    """Each frame with a place that changed at once, if one did: somebody may have turned up."""
    scene, credit = Scene(), _MORE_WATCHED[1]
    for frame in frames:
        scene.update(frame.image)
        credit = min(credit + _MORE_WATCHED[0], _MORE_WATCHED[1])
        places = scene.popped([])[:1] if credit >= 1 else []
        credit -= len(places)
        yield frame, places


def _look(
    original: np.ndarray,
    replaced: _Replaced,
    turn: int | None,
    changed: list[np.ndarray],
    suspected: list[Sighting],
    lookout: Lookout,
    recogniser: Recogniser,
) -> _Watched:
    """Let the independent detectors search a frame of the original and its result."""
    found = _Watched()
    seen = [s for box in changed for s in lookout.search_near(original, box, found.tally)]
    if turn is not None:
        seen += [*lookout.search(original, turn, found.tally), *suspected]
    assert replaced.faces is not None
    found.left = lookout.left(
        original, replaced.image, seen, replaced.faces, found.tally, recogniser
    )
    if turn is not None and turn % 4 == 0:  # as often as once a second, faces are described
        for k, points in enumerate(replaced.moved):
            if points is None:
                continue
            there = Region.around(points)
            for sighting in seen:
                if same_face(there, sighting) and k not in found.glimpses:
                    pictures = (original, replaced.image)
                    before, after = (
                        recogniser.glimpse(close_up(picture, sighting, GLIMPSE))
                        for picture in pictures
                    )
                    found.glimpses[k] = before, after
    return found


def _gallery(person: Individual, probes: _Probes, recogniser: Recogniser) -> np.ndarray:
    """Descriptors of a person's originals, those that the independent detectors found as well."""
    assert person.gallery is not None
    if probes.originals:
        more = recogniser.describe_all(probes.originals)
        person.gallery = np.concatenate([person.gallery, more])
        probes.originals = []
    return person.gallery


def _frames_to_check(person: Individual) -> set[int]:
    """Frames of a person that the recogniser sees: all poses and expressions."""
    if person.gallery is None:
        return set()
    known = person.track.known()
    count = min(_CHECKED + len(person.track.state) // 300, _MOST_CHECKED)
    return set(known[spread(person.track.landmarks[known], count)].tolist())


def _frames_to_watch(times: np.ndarray, attempt: int) -> dict[int, int]:
    """Frames that the independent detectors search, others in every attempt, and whose turn it
    is."""
    slots = np.floor((times - times[0]) / _WATCH_S + 0.5 * (attempt % 2)).astype(int)
    first = np.flatnonzero(np.diff(slots, prepend=slots[0] - 1))
    turns = {frame: turn + attempt for turn, frame in enumerate(first.tolist())}
    turns[len(times) - 1] = 4 * len(first)  # nothing is searched after it: by the best of them
    return turns


def _replace(
    image: np.ndarray,
    frame: int,
    people: list[Individual],
    times: np.ndarray,
    covers: dict[int, list[Box]],
) -> _Replaced:
    """De-identify one frame."""
    result = image.copy()
    entry = Entry.RENDERED
    moved: list[np.ndarray | None] = [None] * len(people)
    faces: list[Face] = []
    on_top: list[np.ndarray] = []
    known = False  # whether it is known where anybody is whose face is not left alone unseen
    present = [k for k, p in enumerate(people) if p.track.state[frame] != State.ABSENT]
    # somebody who turned away long ago lies behind everybody; the nearest face is drawn last
    for k in sorted(present, key=lambda k: _depth(people[k], times, frame)):
        person = people[k]
        state = person.track.state[frame]
        if state == State.LOST:
            if person.role == Role.LEAVE:
                continue  # nobody sees them, so nothing in their place is accounted for
            known = True
            places = reaches(person.track, times, frame)
            entry = Entry.COVERED
            if overdue(person.track, times, frame):
                for place in places:
                    cover(result, place)
            else:
                on_top += list(places)
            continue
        known = True
        points = person.track.landmarks[frame]
        spared = person.spared is not None and bool(person.spared[frame])
        faces.append(Face(Region.around(points), spared))
        if spared:
            continue
        if person.engine is None or (person.covered is not None and person.covered[frame]):
            on_top.append(np.array(face_box(points, image.shape, 0.4), float))
            if person.role != Role.COVER:  # not as it was asked for
                entry = Entry.COVERED
        else:
            landmarks = person.landmarks(image, frame)
            composite(result, person.engine.render(image, landmarks))
            new = person.engine.move(landmarks) if isinstance(person.engine, Mesh) else landmarks
            moved[k] = new
            if state == State.INTERPOLATED:
                entry = max(entry, Entry.INTERPOLATED)
    for stranger in covers.get(frame, ()):
        on_top.append(np.array(stranger, float))
        entry = Entry.COVERED
    for place in on_top:
        cover(result, place)
    if not known:  # nobody is known to be here, so nobody knows where a missed face would be
        cover(result)
        return _Replaced(result, Entry.COVERED, moved, None)
    return _Replaced(result, entry, moved, faces)


def _depth(person: Individual, times: np.ndarray, frame: int) -> tuple[int, float]:
    """Order of drawing, farthest first: how sure a face is, then its height in the picture."""
    state = person.track.state[frame]
    if state == State.LOST:
        return (0 if overdue(person.track, times, frame) else 3), 0.0
    return (1 if state == State.INTERPOLATED else 2), float(
        np.ptp(person.track.landmarks[frame, :, 1])
    )


# --- attack and mend ----------------------------------------------------------------------------


def _mend_people(
    people: list[Individual],
    audits: list[Audit],
    rendered: _Rendered,
    recogniser: Recogniser,
    attempt: int,
) -> bool:
    """Change what is still recognised; whether all of it could be changed.

    A face is pushed further away; where that does not help, it is covered in the frames that fail.
    Of the most present of those who are replaced, for whose sake the clip is made, some frames have
    to be rendered.
    """
    failed = {verdict.person: verdict for verdict in audits if not verdict.passed}
    main = next((person for person in people if person.gallery is not None), None)
    for person, probes in zip(people, rendered.probes, strict=True):
        verdict = failed.get(person.track.person)
        if verdict is None or person.gallery is None:
            continue
        pushing = attempt < _ATTEMPTS - 2
        if pushing and person.push_on(recogniser, ROOM + _MORE_ROOM * (attempt + 1)):
            continue
        frames = _between(verdict.under, probes.frames, len(person.track.state))
        known = person.track.known()
        if frames[known].mean() > _MOST_COVERED:
            if person is main:
                return False
            frames[:] = True
        person.cover(frames)
    return True


def _between(failed: list[int], checked: list[int], count: int) -> np.ndarray:
    """Frames that failed, and all between them and the next ones that passed, shape (count,)."""
    found = np.zeros(count, bool)
    passed = np.array(sorted(set(checked) - set(failed)), int)
    for frame in failed:
        at = int(np.searchsorted(passed, frame))
        first = passed[at - 1] + 1 if at else 0
        found[first : passed[at] if at < len(passed) else count] = True
    return found


def _mend_places(
    left: dict[int, list[Box]],
    rendered: _Rendered,
    covers: dict[int, list[Box]],
    found: Survey,
) -> None:
    """Cover the faces of the original that were left, in this rendering and in earlier ones.

    Each search is one detector's, and another might have seen the face in the frames between: from
    the last frame that was searched to the next one, and for half a second either way, the place is
    covered. Whoever is seen twice in a place stays there: it is covered between the two, and for a
    few seconds before and after, if the film does not cut.
    """
    for frame, boxes in rendered.left.items():
        left.setdefault(frame, []).extend(boxes)
    times, watched = found.times, rendered.watched
    cuts = found.tracks[0].cuts if found.tracks else ()
    for frame in rendered.left:
        place = watched.index(frame)
        near = np.flatnonzero(np.abs(times - times[frame]) <= _AROUND_S)
        first = min(watched[place - 1] + 1 if place else 0, int(near[0]))
        last = max(watched[min(place + 1, len(watched) - 1)], int(near[-1]))
        for box in rendered.left[frame]:
            for other in range(first, min(last, len(times) - 1) + 1):
                covers.setdefault(other, []).append(box.grown(0.25))
    edges = np.array(sorted({0, *cuts, len(times)}))
    frames = sorted(left)
    for k, frame in enumerate(frames):
        start, end = int(edges[edges <= frame].max()), int(edges[edges > frame].min())
        for later in frames[k + 1 :]:
            if times[later] - times[frame] > _STAYS_S or later >= end:
                break
            for box in left[frame]:
                if any(_meet(box, other) for other in left[later]):
                    low, high = np.searchsorted(
                        times, [times[frame] - _STAYS_S, times[later] + _STAYS_S]
                    )
                    for between in range(max(start, int(low)), min(end, int(high))):
                        covers.setdefault(between, []).append(box.grown(0.25))


def _places(left: dict[int, list[Box]]) -> list[Sighting]:
    """Where a face was left in an earlier rendering: looked at closely from then on."""
    kept: list[Box] = []
    for frame in sorted(left):
        kept += [box for box in left[frame] if not any(_meet(box, other) for other in kept)]
    return [
        Sighting(
            (box.left + box.right) / 2,
            (box.top + box.bottom) / 2,
            max(box.right - box.left, box.bottom - box.top) / (1 + 2 * HEADROOM),
            1.0,
            "an earlier look",
        )
        for box in kept
    ]


def _meet(box: Box, other: Box) -> bool:
    """Whether two boxes share most of the smaller one."""
    across = min(box.right, other.right) - max(box.left, other.left)
    down = min(box.bottom, other.bottom) - max(box.top, other.top)
    sizes = [(b.right - b.left) * (b.bottom - b.top) for b in (box, other)]
    return max(across, 0) * max(down, 0) > 0.5 * min(sizes)


def _whereabouts(people: list[Individual], times: np.ndarray) -> dict[int, str]:
    """Where and when each person is seen, in words, by number."""
    found = {}
    for person in people:
        known = person.track.known()
        if len(known):
            frame = int(known[len(known) // 2])
            region = Region.around(person.track.landmarks[frame])
            found[person.track.person] = (
                f"at {region.x:.0f},{region.y:.0f} after {times[frame]:.1f} s"
            )
    return found


def _enforce_none_left(rendered: _Rendered) -> None:
    """Withhold a result in which a face is seen that nobody accounts for."""
    if rendered.left:
        frame = min(rendered.left)
        raise PrivacyError(
            f"The output was withheld: other detectors still see a face of the original in frame "
            f"{frame}; crop the clip to the patient, or use --engine mask."
        )


# --- files --------------------------------------------------------------------------------------


class _Files:
    """The result and, on request, original and result beside each other."""

    def __init__(
        self,
        source: Path,
        output: Path,
        info: VideoInfo,
        settings: Settings,
        label: str,
        beside: _SideBySide,
        watch: Callable[[Frame, np.ndarray], None] | None,
    ) -> None:
        self.beside, self._watch = beside, watch
        try:
            self.writer = Writer(
                output,
                info,
                audio_from=source,
                voice=settings.voice,
                crf=settings.crf,
                overwrite=settings.overwrite,
                comment=label,
            )
        except BaseException:
            self.beside.__exit__(None, None, None)
            raise

    def write(self, frame: Frame, image: np.ndarray) -> None:
        self.writer.write(image, frame.pts, duration=frame.duration)
        self.beside.write(frame, image)
        if self._watch is not None:
            self._watch(frame, image)

    def abandon(self) -> None:
        """Remove what has no name yet."""
        self.writer.__exit__(None, None, None)
        self.beside.__exit__(None, None, None)


class _SideBySide:
    """Original and result beside each other, for checking; does nothing without a path."""

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        info: VideoInfo,
        source: Path,
        settings: Settings,
        width: int | None,
    ) -> None:
        self._writer: Writer | None = None
        scale = min(1.0, (width or info.width) / info.width)
        # even sizes, which every player shows
        self._size = (
            (info.width, info.height)
            if scale == 1.0
            else (2 * round(scale * info.width / 2), max(2, 2 * round(scale * info.height / 2)))
        )
        if path is not None:
            self._writer = Writer(
                path,
                replace(info, width=2 * self._size[0], height=self._size[1]),
                audio_from=source,
                voice=settings.voice,
                crf=settings.crf + 3,
                overwrite=settings.overwrite,
                comment="For checking only: the left half shows the original.",
                gop=_BESIDE_GOP,
            )

    def __enter__(self) -> _SideBySide:
        return self

    def __exit__(self, *error: Any) -> None:
        if self._writer is not None:
            self._writer.__exit__(*error)

    def write(self, frame: Frame, image: np.ndarray) -> None:
        if self._writer is not None:
            halves = [self._sized(frame.image), self._sized(image)]
            self._writer.write(np.concatenate(halves, axis=1), frame.pts, duration=frame.duration)

    def _sized(self, image: np.ndarray) -> np.ndarray:
        if image.shape[1::-1] == self._size:
            return image
        return cv2.resize(image, self._size, interpolation=cv2.INTER_AREA)

    def commit(self) -> None:
        if self._writer is not None:
            self._writer.commit()


class _backend:
    """The landmark backend for the duration of a run."""

    def __init__(self, settings: Settings) -> None:
        self._backend = open_backend(settings.landmarker)

    def __enter__(self) -> Backend:
        return self._backend

    def __exit__(self, *error: Any) -> None:
        self._backend.close()


# --- manifest -----------------------------------------------------------------------------------


def _record(
    source: Path,
    part: Path,
    info: VideoInfo,
    settings: Settings,
    backend: Backend,
    found: Survey,
    people: list[Individual],
    rendered: _Rendered,
    audits: list[Audit],
    attempt: int,
) -> dict[str, Any]:
    """The manifest: no file names, no paths."""
    chosen = settings.selection

    def unnamed(items: tuple[str, ...]) -> list[str]:
        return ["a picture" if Path(item).is_file() else item for item in items]

    return manifest(
        left=bool(chosen.leave),
        settings={
            "engine": settings.engine,
            "surrogate": "image" if settings.own_picture else settings.surrogate,
            "bank": "own" if settings.bank else "mien",
            "consent": settings.consent,
            "match": settings.match,
            "people": chosen.people,
            "leave": unnamed(chosen.leave),
            "cover": unnamed(chosen.cover),
            "voice": settings.voice,
            "crf": settings.crf,
            "landmarks": backend.name,
        },
        source={
            "sha256": sha256(source),
            "width": info.width,
            "height": info.height,
            "codec": info.codec,
            "losses": found.losses,
            "missing": found.missing.as_dict(),
        },
        output={
            "sha256": sha256(part),
            "frames": len(rendered.ledger.entries),
            "renderings": attempt + 1,
            "signed": settings.signer is not None,
        },
        people=[
            {
                "person": person.track.person,
                "frames": len(person.track.known()),
                "role": person.role.value,
                **person.note,
            }
            for person in people
        ],
        linkable={
            "by_surrogate": settings.engine == "mesh"
            and (settings.subject is not None or settings.surrogate != "auto"),
            "subject": settings.subject,
            "by_facial_motion": settings.engine == "mesh",
            "by_head_motion": True,
            "by_input_checksum": True,
        },
        ledger={"counts": rendered.ledger.counts(), "ranges": rendered.ledger.ranges()},
        privacy=[verdict.as_dict() for verdict in audits],
        residual={
            "detectors": list(Lookout.names),
            "frames_searched": len(rendered.watched),
            **rendered.tally.as_dict(),
            "found": sum(len(boxes) for boxes in rendered.left.values()),
        },
    )


def _keep_apart(
    source: Path, output: Path, manifest: Path, side_by_side: str | os.PathLike[str] | None
) -> None:
    """Refuse outputs that would fall on the input or on each other."""
    places = [source.resolve(), output.resolve(), manifest.resolve()]
    if side_by_side is not None:
        places.append(Path(side_by_side).resolve())
    for number, place in enumerate(places):
        if place in places[:number]:
            raise OutputError(f"{place.name} is used twice: give the output a name of its own.")
