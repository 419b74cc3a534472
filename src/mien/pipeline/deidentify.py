"""De-identifying a clip, end to end.

Two passes. The first measures every frame and keeps samples of each person; from these come the
person's calibration, the registration and the surrogate. The second renders and writes, and the
result is attacked: by a recogniser that knows the originals, and by a face detector that mien does
not track with. What fails is mended (the face pushed further, the frame or the place covered) and
rendered again; what still fails, or has to be covered too much, is withheld. Only a result that
passes gets its name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.engines import ENGINES
from mien.models.hands import HandFinder, Hands
from mien.models.landmarker import open_backend
from mien.outputs import Aside, check_free, checksum
from mien.pipeline import credentials
from mien.pipeline.attack import enforce_none_left, whereabouts
from mien.pipeline.attempts import Tried, render_until_it_passes
from mien.pipeline.files import Drafts, Files, SideBySide, keep_apart
from mien.pipeline.ledger import Ledger
from mien.pipeline.manifest import (
    LABEL,
    LABEL_LEFT,
    Chosen,
    Conceded,
    Entries,
    Linkable,
    Manifest,
    Original,
    Output,
    Residual,
    Treated,
    versions,
)
from mien.pipeline.people import cast_all
from mien.pipeline.second_pass import SecondPass
from mien.pipeline.settings import Settings
from mien.pipeline.surroundings import surroundings
from mien.pipeline.survey import survey
from mien.progress import Progress, usual
from mien.recognition.lookout import Lookout
from mien.recognition.registry import ALSO_STEER
from mien.recognition.registry import recogniser as named
from mien.recognition.verdict import Audit, enforce
from mien.shortfall import Shortfall
from mien.shown import Shown
from mien.video import Frame, Note, Reader, VideoInfo
from mien.video.tracks import check_sound

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, repr=False)
class Result(Shown):
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
    told: Manifest
    """The manifest's content."""
    missing: Shortfall = field(default_factory=Shortfall)
    """How much of the input could not be read; the result holds the rest."""

    def to_frame(self) -> pandas.DataFrame:
        """A row for each frame: ``frame``, ``time_s``, ``entry``; see `Ledger.to_frame`."""
        return self.ledger.to_frame()

    def plot(self, axes: Any = None) -> Any:
        """What happened when: see `Ledger.plot`."""
        return self.ledger.plot(axes)

    def title(self) -> str:
        faces = f", faces {', '.join(self.surrogates)}" if self.surrogates else ""
        return f"{self.output}{faces}"

    def table(self) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [
            (f"frames {kind}", str(count)) for kind, count in self.ledger.counts().items()
        ]
        rows += [
            (f"person {one.person + 1}, nearest", f"{one.nearest:.3f} ({one.threshold:.3f} needed)")
            for one in self.audits
        ]
        for judge in self.told.judges:
            part = "chose" if judge["steered"] else "no say"
            who = f"person {judge['person'] + 1}, {judge['recogniser']} ({part})"
            rows.append((who, f"knows {judge['share_under']:.0%} of {judge['frames']} frames"))
        return rows

    @property
    def record(self) -> dict[str, Any]:
        """The manifest's content, JSON."""
        return self.told.to_json()


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
    FormatError
        If the weights that are given are not those of the engine's network.
    EngineError
        If the engine is not installed.
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
    with usual(progress, Path(source).name) as report:
        asked = _Asked(Path(source), Path(output), settings or Settings(), withhold)
        return _deidentify(asked, report, side_by_side, side_by_side_width, watch)


@dataclass(frozen=True)
class _Asked:
    """What is to be done."""

    source: Path
    output: Path
    settings: Settings
    withhold: bool


def _deidentify(
    asked: _Asked,
    report: Progress,
    side_by_side: str | os.PathLike[str] | None,
    side_by_side_width: int | None,
    watch: Callable[[Frame, np.ndarray], None] | None,
) -> Result:
    """See `deidentify`."""
    source, output, settings, withhold = asked.source, asked.output, asked.settings, asked.withhold
    kind = ENGINES[settings.engine].open(settings.weights)  # before anything takes long
    with Reader(source) as reader:
        info = reader.info
    aside = output.with_suffix(".json")
    keep_apart(source, output, aside, side_by_side)
    check_free(aside, settings.overwrite)
    label = label_of(settings)
    changing = settings.voice == "change"
    sound = check_sound(source, change=changing) if settings.voice != "mute" else ()

    def begin() -> Files:
        beside = SideBySide(side_by_side, info, source, settings, side_by_side_width)
        return Files(source, output, info, settings, label, beside, watch)

    recogniser = named()
    also = tuple(named(name) for name in ALSO_STEER)
    others = also + tuple(named(name) for name in settings.judges)
    with Drafts(begin) as drafts, closing(open_backend(settings.landmarker)) as backend:
        landmarks = backend.name
        with finder(settings) as hands:
            how = settings.thoroughness
            found = survey(source, backend, recogniser, report, how, others, hands)
        people = cast_all(found, settings, kind, recogniser, backend, report, also)
        with closing(Lookout()) as lookout, surroundings(settings.surroundings) as room:
            second = SecondPass(
                source,
                found,
                people,
                recogniser,
                lookout,
                settings.thoroughness,
                report,
                backend,
                others,
                room,
                settings.hands == "cover",
            )
            limit = settings.withhold if withhold else None
            tried = render_until_it_passes(second, drafts, len(also), limit)
        if withhold:
            damaged = "; parts of the input are damaged, which may be the reason"
            remark = damaged if found.losses else ""
            places = whereabouts(people, found.times)
            tried.conceded.enforce(settings.withhold, places)
            enforce([*tried.audits, *tried.steered], places, remark)
            enforce(tried.judged, places, remark, judges=True)
            enforce_none_left(tried.rendered.left)
        part = drafts.newest.writer.finish()
        sound += tuple(
            Note("damaged", f"Sound: {loss.reason}.") for loss in drafts.newest.writer.losses
        )
        if settings.signer is not None:
            software = f"mien/{versions()['mien']}"
            credentials.sign(part, settings.signer, software=software, label=label)
        told = replace(
            _manifest(source, part, info, settings, landmarks, second, tried, sound),
            voices=[voice.as_dict() for voice in drafts.newest.writer.voices],
        )
        with Aside(aside, told.text()) as text:
            drafts.newest.writer.commit()
            text.commit()
        drafts.newest.beside.commit()
    names = [person.surrogate.id for person in people if person.surrogate is not None]
    ledger = tried.rendered.ledger
    return Result(output, aside, ledger, tried.audits, names, told, found.missing)


def _manifest(
    source: Path,
    part: Path,
    info: VideoInfo,
    settings: Settings,
    landmarks: str,
    second: SecondPass,
    tried: Tried,
    sound: tuple[Note, ...],
) -> Manifest:
    """What is said of a result."""
    rendered, found = tried.rendered, second.found
    traits = ENGINES[settings.engine].traits
    return Manifest(
        label=label_of(settings),
        versions=versions(),
        settings=chosen(settings, landmarks),
        input=Original(
            checksum(source),
            info.width,
            info.height,
            info.codec,
            found.losses,
            found.missing.as_dict(),
            [asdict(note) for note in (*info.notes, *sound)],
        ),
        output=Output(
            checksum(part),
            len(rendered.ledger.entries),
            tried.renderings,
            settings.signer is not None,
        ),
        people=[
            Treated(
                person.track.person, len(person.track.known()), person.role.value, **person.note
            )
            for person in second.people
        ],
        linkable=Linkable(
            by_surrogate=traits.needs_surrogate
            and (settings.subject is not None or settings.surrogate != "auto"),
            subject=settings.subject,
            by_facial_motion=traits.keeps_motion,
        ),
        ledger=Entries(rendered.ledger.counts(), rendered.ledger.ranges()),
        privacy=[verdict.as_dict() for verdict in tried.audits],
        judges=[
            verdict.as_dict() | {"steered": steered}
            for verdicts, steered in ((tried.steered, True), (tried.judged, False))
            for verdict in verdicts
        ],
        residual_faces=Residual(
            list(Lookout.names),
            len(rendered.watched),
            **rendered.tally.as_dict(),
            found=sum(len(boxes) for boxes in rendered.left.values()),
        ),
        covered_to_deliver=Conceded(**tried.conceded.as_dict()),
    )


@contextmanager
def finder(settings: Settings) -> Iterator[HandFinder | None]:
    """What looks for hands, as long as it is needed; None where they do not matter."""
    if not settings.looks_for_hands:
        yield None
        return
    with closing(Hands()) as hands:
        yield hands


def label_of(settings: Settings) -> str:
    """What a result says of itself."""
    return LABEL_LEFT if settings.selection.leave else LABEL


def chosen(settings: Settings, landmarks: str) -> Chosen:
    """The settings as the manifest holds them: without names of files."""
    selection = settings.selection

    def unnamed(items: tuple[str, ...]) -> list[str]:
        return ["a picture" if Path(item).is_file() else item for item in items]

    return Chosen(
        engine=settings.engine,
        surrogate="image" if settings.own_picture else settings.surrogate,
        bank="own" if settings.bank else "mien",
        consent=settings.consent,
        match=settings.match,
        people=selection.people,
        leave=unnamed(selection.leave),
        cover=unnamed(selection.cover),
        voice=settings.voice,
        surroundings=settings.surroundings,
        hands=settings.hands,
        crf=settings.crf,
        landmarks=landmarks,
        weights=None if settings.weights is None else checksum(Path(settings.weights.path)),
        driving=None if settings.weights is None else settings.weights.driving,
        withhold=settings.withhold,
        own_openings=None if settings.weights is None else settings.weights.own_openings,
    )
