"""De-identifying a clip, end to end.

Two passes. The first measures every frame and keeps samples of each person; from these come the
person's calibration, the registration and the surrogate. The second renders and writes. The result
is checked by a recogniser and gets its name only when it passes.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from mien.compositing import composite, cover
from mien.engines import ENGINES, OBSCURING, Engine, Mesh, Person
from mien.engines.base import face_box
from mien.errors import NoFaceError, OutputError, ParameterError
from mien.face_model import FaceModel
from mien.ledger import Entry, Ledger
from mien.privacy.audit import Audit, audit, enforce
from mien.privacy.recognisers import Dlib
from mien.surrogates import bank
from mien.surrogates.choose import STRENGTHS, choose
from mien.surrogates.image import from_image
from mien.tracking import FaceTrack, Registration, Sample, State, Tracker, open_backend
from mien.tracking.gaps import reach
from mien.tracking.landmarks import Backend, Region
from mien.video import Frame, Reader, VideoInfo, Writer
from mien.workers import ahead, in_order

LABEL = "Synthetic: the faces in this video were replaced by mien and show nobody."
_SAMPLES = 24  # frames kept for calibration, at most twice as many at any time
_SAMPLE_SIDE = 640  # pixels; larger faces are shrunk in samples
_CHECKED = 12  # output frames that the recogniser sees, and one more every ten seconds
_ROOM = 0.6  # surroundings kept in a sample: the recogniser looks beyond the outline

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Settings:
    """How to de-identify; validated once."""

    engine: str = "mesh"
    """One of `mesh`, `mask`, `blur`, `pixelate`."""
    surrogate: str = "auto"
    """`auto`, the id of a surrogate in the bank, or the path of a picture (needs `consent`)."""
    consent: str | None = None
    """Statement of the person whose picture is used, recorded in the manifest."""
    voice: Literal["keep", "mute"] = "keep"
    """Whether the sound is copied bit for bit or dropped."""
    landmarker: str | None = None
    """Face Landmarker model file to track with instead of the built-in mesh."""
    crf: int = 17
    """Quality of the H.264 output, lower is better."""
    overwrite: bool = False
    """Whether an existing output may be replaced."""

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise ParameterError(
                f"There is no engine called {self.engine!r}: choose one of {', '.join(ENGINES)}."
            )
        if self.voice not in ("keep", "mute"):
            raise ParameterError(f"voice is {self.voice!r}: choose keep or mute.")
        if not 0 <= self.crf <= 51:
            raise ParameterError(f"crf is {self.crf}: choose 0 (best) to 51.")
        if self.engine == "mesh" and self.surrogate not in ("auto", *bank.cards()):
            if not Path(self.surrogate).is_file():
                raise ParameterError(
                    f"There is no surrogate or picture called {self.surrogate!r}: choose auto, one "
                    f"of {', '.join(sorted(bank.cards()))}, or a picture."
                )
            if not self.consent or len(self.consent.strip()) < 10:
                raise ParameterError(
                    "A real person's face needs a consent statement: add --consent "
                    '"who agreed to what, and when".'
                )


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


@dataclass
class _Individual:
    """One person, ready to be rendered."""

    track: FaceTrack
    engine: Engine | None = None
    registration: Registration | None = None
    gallery: np.ndarray | None = None
    note: dict[str, Any] = field(default_factory=dict)

    def landmarks(self, image: np.ndarray, frame: int) -> np.ndarray:
        points = self.track.landmarks[frame].astype(np.float64)
        if self.registration is None:
            return points
        return self.registration.refine(image, points)


def deidentify(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    side_by_side: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
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
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    result : Result

    Raises
    ------
    ParameterError
        If a setting is out of range.
    VideoError
        If the source cannot be read.
    NoFaceError
        If no frame shows a face: never answered with a copy.
    PrivacyError
        If the result could be recognised; nothing is written.
    OutputError
        If the output cannot be written or is in the way.
    """
    settings = settings or Settings()
    source, output = Path(source), Path(output)
    report = progress or (lambda stage, done, total: None)
    with Reader(source) as reader:
        info = reader.info
    manifest = output.with_suffix(".json")
    _keep_apart(source, output, manifest, side_by_side)
    if manifest.exists() and not settings.overwrite:
        raise OutputError(f"{manifest} already exists: choose another name or add --overwrite.")
    recogniser = Dlib()
    # opened first, so that an output that cannot be written costs no time
    with (
        Writer(
            output,
            info,
            audio_from=source,
            voice=settings.voice,
            crf=settings.crf,
            overwrite=settings.overwrite,
            comment=LABEL,
        ) as writer,
        _SideBySide(side_by_side, info, source, settings) as beside,
        _backend(settings) as backend,
    ):
        survey = _survey(source, info, backend, recogniser, report)
        people = [
            _prepare(track, survey, settings, recogniser, backend, report)
            for track in survey.tracks
        ]
        ledger, results = _render(source, survey, people, writer, beside, recogniser, report)
        audits = [
            audit(person.track.person, person.gallery, np.stack(found), recogniser)
            for person, found in zip(people, results, strict=True)
            if person.gallery is not None
        ]
        enforce(audits)
        record = _manifest(
            source, writer.finish(), info, settings, backend, survey, people, ledger, audits
        )
        with _Aside(manifest, json.dumps(record, indent=2) + "\n") as text:
            writer.commit()
            text.commit()
        beside.commit()
    names = [p.note["surrogate"]["id"] for p in people if "surrogate" in p.note]
    return Result(output, manifest, ledger, audits, names, record)


# --- first pass ---------------------------------------------------------------------------------


@dataclass
class _Survey:
    """What the first pass found."""

    tracks: list[FaceTrack]
    times: np.ndarray
    samples: list[tuple[int, Sample, np.ndarray]]
    """Frame number, sample, and the sample's landmarks in the frame's own pixels."""
    losses: list[dict[str, Any]]


def _survey(
    source: Path, info: VideoInfo, backend: Backend, recogniser: Dlib, report: Progress
) -> _Survey:
    tracker = Tracker(backend, recogniser.describe)
    times: list[float] = []
    kept: list[tuple[int, Sample, np.ndarray]] = []
    stride, faces_before = 1, 0
    with Reader(source) as reader:
        for frame in ahead(reader):
            faces = tracker.update(frame.image, frame.time)
            times.append(frame.time)
            if frame.index % stride == 0 or len(faces) > faces_before:
                kept += [(frame.index, _cut(frame.image, points), points) for points in faces]
            faces_before = len(faces)
            if len(kept) > 2 * _SAMPLES * max(1, len(faces)):
                stride *= 2
                kept = [entry for entry in kept if entry[0] % stride == 0] or kept[::2]
            report("measuring", len(times), info.frame_estimate)
        losses = [asdict(loss) for loss in reader.losses]
    tracks = tracker.finish()
    if not tracks:
        raise NoFaceError(
            f"No face was found in {source.name}: check that it shows one, large enough and lit."
        )
    return _Survey(tracks, np.array(times), kept, losses)


def _checked(frames: int) -> int:
    """How many frames of a clip the recogniser sees."""
    return min(_CHECKED + frames // 300, 2 * _SAMPLES)


def _cut(image: np.ndarray, landmarks: np.ndarray) -> Sample:
    left, top, right, bottom = face_box(landmarks, image.shape, _ROOM)
    part = image[top:bottom, left:right]
    scale = min(1.0, _SAMPLE_SIDE / max(part.shape[:2]))
    if scale < 1:
        part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return Sample(np.ascontiguousarray(part).copy(), (landmarks - [left, top, 0]) * scale)


def _prepare(
    track: FaceTrack,
    survey: _Survey,
    settings: Settings,
    recogniser: Dlib,
    backend: Backend,
    report: Progress,
) -> _Individual:
    """Calibrate one person and choose what they are given."""
    person = _Individual(track)
    samples = [
        sample
        for frame, sample, points in survey.samples
        if track.state[frame] == State.TRACKED
        and Region.around(track.landmarks[frame]).same_place(Region.around(points))
    ]
    if not samples:
        return person  # nothing to calibrate from: this person's frames are covered
    if len(samples) > _SAMPLES:
        samples = [samples[i] for i in np.linspace(0, len(samples) - 1, _SAMPLES).astype(int)]
    report("choosing", 0, None)
    if settings.engine != "mesh":
        person.engine = OBSCURING[settings.engine]()
        if settings.engine == "mask":
            return person  # nothing of the face is left for a recogniser to see
    spread = np.linspace(0, len(samples) - 1, min(len(samples), _checked(len(survey.times))))
    person.gallery = recogniser.describe_all(
        [recogniser.chip(samples[i].image, samples[i].landmarks) for i in spread.astype(int)]
    )
    if settings.engine != "mesh":
        return person
    model = FaceModel.load()
    tracked = np.flatnonzero(track.state == State.TRACKED)
    some = tracked[np.linspace(0, len(tracked) - 1, min(len(tracked), 240)).astype(int)]
    alpha = model.fit(track.landmarks[some])
    registration = Registration(samples)
    refined = [Sample(s.image, registration.refine(s.image, s.landmarks)) for s in samples]
    calibration = Person.calibrate(refined, alpha, _pixels(track) / _pixels_of(samples))
    person.registration = registration
    if settings.surrogate == "auto":
        choice = choose(calibration, refined, recogniser, person.gallery)
        surrogate, strength = choice.surrogate, choice.strength
        person.note["tried"] = choice.tried
    else:
        strength = STRENGTHS[0]
        surrogate = (
            bank.load(settings.surrogate)
            if settings.surrogate in bank.cards()
            else from_image(settings.surrogate, settings.consent, backend)
        )
    person.engine = Mesh(calibration, surrogate, strength)
    card = {k: v for k, v in surrogate.card.items() if k not in ("alpha", "descriptor")}
    person.note["surrogate"] = {**card, "strength": strength}
    return person


def _pixels(track: FaceTrack) -> float:
    """Median size of a person's face in the clip, pixels."""
    eyes = track.landmarks[np.ix_(track.known(), np.array([33, 263]))]
    return float(np.median(np.linalg.norm(eyes[:, 0] - eyes[:, 1], axis=1)))


def _pixels_of(samples: list[Sample]) -> float:
    return float(np.median([np.linalg.norm(s.landmarks[33] - s.landmarks[263]) for s in samples]))


# --- second pass --------------------------------------------------------------------------------


def _render(
    source: Path,
    survey: _Survey,
    people: list[_Individual],
    writer: Writer,
    beside: _SideBySide,
    recogniser: Dlib,
    report: Progress,
) -> tuple[Ledger, list[list[np.ndarray]]]:
    count = len(survey.times)
    entries = np.full(count, Entry.COVERED, np.uint8)
    checked = [
        _frames_to_check(person.track) if person.gallery is not None else set() for person in people
    ]
    results: list[list[np.ndarray]] = [[] for _ in people]

    def work(frame: Frame) -> tuple[Frame, np.ndarray, Entry, list[np.ndarray | None]]:
        image, entry, moved = _replace(frame.image, frame.index, people, survey.times)
        return frame, image, entry, moved

    with Reader(source) as reader:
        for frame, image, entry, moved in in_order(work, ahead(reader)):
            if frame.index >= count:
                raise OutputError(
                    f"{source.name} changed while it was read: leave the input alone and run again."
                )
            entries[frame.index] = entry
            for found, points, frames in zip(results, moved, checked, strict=True):
                if points is not None and frame.index in frames:
                    found.append(recogniser.describe(image, points))
            writer.write(image, frame.pts, duration=frame.duration)
            beside.write(frame, image)
            report("rendering", frame.index + 1, count)
    return Ledger(entries, survey.times), results


def _frames_to_check(track: FaceTrack) -> set[int]:
    """Frames of a person that the recogniser sees: spread over all in which the face is known."""
    known = track.known()
    count = min(len(known), _checked(len(track.state)))
    spread = np.linspace(0, len(known) - 1, 2 * count + 1)[1::2]  # between those chosen on
    return set(known[spread.round().astype(int)].tolist())


def _replace(
    image: np.ndarray, frame: int, people: list[_Individual], times: np.ndarray
) -> tuple[np.ndarray, Entry, list[np.ndarray | None]]:
    """De-identify one frame: the new picture, its ledger entry, and where each new face is."""
    result = image.copy()
    entry = Entry.RENDERED
    moved: list[np.ndarray | None] = []
    seen = False
    boxes = []
    for person in people:
        state = person.track.state[frame]
        moved.append(None)
        if state == State.ABSENT:
            continue
        seen = True
        if state == State.LOST:
            boxes.append(reach(person.track, times, frame))
        elif person.engine is None:
            points = person.track.landmarks[frame]
            boxes.append(np.array(face_box(points, image.shape, 0.4), float))
        else:
            landmarks = person.landmarks(image, frame)
            composite(result, person.engine.render(image, landmarks))
            engine = person.engine
            moved[-1] = engine.move(landmarks) if isinstance(engine, Mesh) else landmarks
            if state == State.INTERPOLATED:
                entry = Entry.INTERPOLATED
    for box in boxes:
        cover(result, box)
        entry = Entry.COVERED
    if not seen:  # nobody is known to be here, so nobody knows where a missed face would be
        cover(result)
        entry = Entry.COVERED
    return result, entry, moved


class _SideBySide:
    """Original and result beside each other, for checking; does nothing without a path."""

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        info: VideoInfo,
        source: Path,
        settings: Settings,
    ) -> None:
        self._writer: Writer | None = None
        if path is not None:
            from dataclasses import replace

            self._writer = Writer(
                path,
                replace(info, width=2 * info.width),
                audio_from=source,
                voice=settings.voice,
                crf=settings.crf + 3,
                overwrite=settings.overwrite,
                comment="For checking only: the left half shows the original.",
            )

    def __enter__(self) -> _SideBySide:
        return self

    def __exit__(self, *error: Any) -> None:
        if self._writer is not None:
            self._writer.__exit__(*error)

    def write(self, frame: Frame, image: np.ndarray) -> None:
        if self._writer is not None:
            self._writer.write(
                np.concatenate([frame.image, image], axis=1), frame.pts, duration=frame.duration
            )

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


def _manifest(
    source: Path,
    part: Path,
    info: VideoInfo,
    settings: Settings,
    backend: Backend,
    survey: _Survey,
    people: list[_Individual],
    ledger: Ledger,
    audits: list[Audit],
) -> dict[str, Any]:
    """Everything that is needed to judge a result later; no file names, no paths."""
    own_picture = settings.surrogate not in ("auto", *bank.cards())
    return {
        "label": LABEL,
        "versions": {
            name: version(name) for name in ("mien", "mediapipe", "av", "dlib-bin", "numpy")
        },
        "settings": {
            "engine": settings.engine,
            "surrogate": "image" if own_picture else settings.surrogate,
            "consent": settings.consent,
            "voice": settings.voice,
            "crf": settings.crf,
            "landmarks": backend.name,
        },
        "input": {
            "sha256": _sha256(source),
            "width": info.width,
            "height": info.height,
            "codec": info.codec,
            "losses": survey.losses,
        },
        "output": {"sha256": _sha256(part), "frames": len(ledger.entries)},
        "people": [
            {
                "person": person.track.person,
                "frames": len(person.track.known()),
                **person.note,
            }
            for person in people
        ],
        "ledger": {"counts": ledger.counts(), "ranges": ledger.ranges()},
        "privacy": [found.as_dict() for found in audits],
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class _Aside:
    """A small file written beside its place, so that naming it is all that is left to do."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
        try:
            self._part.write_text(text)
        except OSError as exc:
            self._part.unlink(missing_ok=True)
            raise OutputError(f"{path} cannot be written: {exc.strerror or exc}.") from exc

    def __enter__(self) -> _Aside:
        return self

    def __exit__(self, *error: Any) -> None:
        self._part.unlink(missing_ok=True)

    def commit(self) -> None:
        os.replace(self._part, self._path)


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
