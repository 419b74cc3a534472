"""Checking results and packing them into one archive that can be passed on.

The archive appears under its name only when every check has passed and everything in it is what its
list says.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from mien.errors import OutputError, ParameterError, PrivacyError
from mien.evidence.metrics import Metrics
from mien.outputs import PART, check_free, checksum, complete
from mien.pipeline.manifest import versions
from mien.pipeline.stored import StoredManifest
from mien.progress import Progress, staged_as
from mien.release.archive import write_archive
from mien.release.card import TITLE, Entry, card, readme
from mien.release.checks.base import Check, Look, failed
from mien.release.inspection import inspect, inspect_all
from mien.release.metadata import carried
from mien.release.muting import without_sound
from mien.release.package import Package
from mien.release.public import public_manifest
from mien.release.subject import Subject, read_json, read_manifest
from mien.release.words import names, plain, words_of
from mien.report.language import DEFAULT, check_language, written_in

VERSION = 1
"""Of the archive's list; raised when a key changes its meaning."""
_SHORT = 2  # letters of a code up to which it is in many texts
CARD, LIST, READ_FIRST = "DATA_CARD.md", "manifest.json", "README.txt"


@dataclass(frozen=True)
class Source:
    """A result that is to be passed on."""

    result: Path
    """The clip as `mien deidentify` made it, its manifest beside it (``.json``)."""
    original: Path | None = None
    """The clip as it was recorded, to compare with; without it less can be checked."""
    metrics: Path | None = None
    """The ``metrics.json`` of `mien evaluate`, to be passed on too."""
    called: str | None = None
    """What people call the clip; its words must not be in the release."""


@dataclass(frozen=True)
class Options:
    """What goes into a release, and what its card says."""

    voice: Literal["mute", "keep"] = "mute"
    """``"mute"`` packs copies without sound, ``"keep"`` the clips as they are."""
    title: str = ""
    """Heading of the card."""
    consent: str = ""
    """Who agreed to what."""
    licence: str = ""
    """Under what terms others may use it."""
    contact: str = ""
    """Whom to ask."""
    keep_checksums: bool = False
    """Whether manifests keep the originals' checksums: who has an original then finds its clip."""
    landmarker: str | None = None
    """A Face Landmarker model to look for faces with; the built-in mesh if None."""
    language: str = DEFAULT
    """Of the card and of what is read first."""
    layout: Literal["archive", "dataset"] = "archive"
    """Whose files the card names: those of the archive, or of the data set that is made of it."""

    def __post_init__(self) -> None:
        if self.voice not in ("keep", "mute"):
            raise ParameterError(f"voice is {self.voice!r}: choose keep or mute.")
        check_language(self.language)
        for key, text in self.typed.items():  # one line each; the card ends the sentence
            object.__setattr__(self, key, " ".join(text.split()).rstrip("."))

    @property
    def typed(self) -> dict[str, str]:
        """What somebody wrote for the card, by what it is."""
        return {key: getattr(self, key) for key in ("title", "consent", "licence", "contact")}


@dataclass(frozen=True, eq=False)
class Released:
    """What `release` made."""

    path: Path
    """The archive."""
    checks: tuple[Check, ...]
    """All checks, none of which failed."""
    files: dict[str, int]
    """Bytes of each file in it, by name."""


class Withheld(PrivacyError):
    """A check failed, and nothing was written."""

    code = "release-withheld"

    def __init__(self, checks: Sequence[Check]) -> None:
        wrong = failed(checks)
        more = f" ({len(wrong)} checks failed)" if len(wrong) > 1 else ""
        where = "" if wrong[0].clip is None else f" because of clip {wrong[0].clip}"
        super().__init__(f"The release was withheld{where}{more}: {wrong[0].sentence}")
        self.checks = tuple(checks)


def release(
    clips: Sequence[Source | str | os.PathLike[str]],
    output: str | os.PathLike[str],
    options: Options | None = None,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Released:
    """Check results and pack them into a ZIP.

    It holds ``clip-001.mp4`` and ``clip-001.json`` (the manifest without the original's checksum)
    for each clip, in the order given, ``clip-001-metrics.json`` where there are figures,
    ``DATA_CARD.md``, ``README.txt`` and ``manifest.json``, a list of sizes and checksums. The same
    input gives the same bytes.

    Parameters
    ----------
    clips : sequence of Source or path
        Results of `mien.deidentify`; only read.
    output : path
        Where to; ends in ``.zip``.
    options : Options, optional
        What goes into it.
    overwrite : bool
        Replace a file that is there.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    released : Released

    Raises
    ------
    Withheld
        If a check failed (a `PrivacyError` with all checks); nothing is written.
    ParameterError
        If there is no clip, one is given twice, an original is another clip's, or a manifest is
        missing.
    FormatError
        If a manifest or metrics cannot be read.
    VideoError
        If a clip cannot be read.
    OutputError
        If something is in the way or the archive cannot be written.
    """
    options = options or Options()
    sources = [clip if isinstance(clip, Source) else Source(Path(clip)) for clip in clips]
    place = Path(output)
    _check(sources, place, overwrite)
    with (
        complete(place, overwrite=overwrite) as part,
        TemporaryDirectory(prefix=".mien-", suffix=PART, dir=place.absolute().parent) as aside,
    ):
        subjects = _subjects(sources, options, Path(aside), progress)
        documents = _documents(subjects, options)
        checks = _passed(sources, subjects, documents, options, progress)
        files = _files(subjects, documents, checks, options)
        sizes = _write(part, files, progress)
    return Released(place, tuple(checks), sizes)


def _passed(
    sources: list[Source],
    subjects: list[Subject],
    documents: dict[str, dict[str, Any]],
    options: Options,
    progress: Progress | None,
) -> list[Check]:
    """All checks, if none failed; raises `Withheld`."""
    words, elsewhere = _words(sources, subjects)
    # first what takes no time: a name in the card is not told after minutes of looking
    together = inspect_all(Package(subjects, documents, options.typed, words, elsewhere))
    if failed(together):
        raise Withheld(together)
    checks: list[Check] = []
    for subject in subjects:
        said = staged_as(progress, f"{subject.name}, ")
        checks += inspect(subject, Look(options.landmarker, said))
    checks += together
    if failed(checks):
        raise Withheld(checks)
    return checks


def _check(sources: Sequence[Source], place: Path, overwrite: bool) -> None:
    if not sources:
        raise ParameterError("There is nothing to release: name at least one result.")
    results = [source.result.resolve() for source in sources]
    for number, result in enumerate(results):
        if result in results[:number]:
            raise ParameterError(f"{result.name} is given twice: name each result once.")
    check_free(place, overwrite, kind="a ZIP", endings=(".zip",))


def _subjects(
    sources: Sequence[Source], options: Options, aside: Path, progress: Progress | None
) -> list[Subject]:
    """Clips with their manifests, each as it is to be passed on."""
    subjects = []
    for number, source in enumerate(sources, 1):
        manifest = read_manifest(source.result.with_suffix(".json"))
        metrics = None if source.metrics is None else read_json(source.metrics, "figures of mien")
        packed = source.result
        if options.voice == "mute" and carried(source.result).sound:
            packed = aside / f"clip-{number:03d}.mp4"
            if progress is not None:
                progress("taking the sound out", number, len(sources))
            without_sound(source.result, packed)
        subjects.append(Subject(number, source.result, packed, manifest, source.original, metrics))
    return subjects


def _documents(subjects: Sequence[Subject], options: Options) -> dict[str, dict[str, Any]]:
    """Public manifests and metrics, by name."""
    found = {}
    codes: dict[str, str] = {}
    for clip in subjects:
        code = clip.code
        if code is not None:
            code = codes.setdefault(code, f"subject-{len(codes) + 1}")
        found[f"{clip.name}.json"] = public_manifest(
            clip.manifest.content,
            checksum=checksum(clip.packed),
            muted=clip.packed != clip.result,
            subject=code,
            keep_checksum=options.keep_checksums,
        )
        if clip.metrics is not None and clip.measured:
            told = Metrics.from_json(clip.metrics).public(f"{clip.name}.mp4")
            found[f"{clip.name}-metrics.json"] = told.to_json()
    return found


def _words(sources: Sequence[Source], subjects: Sequence[Subject]) -> tuple[list[str], list[str]]:
    """Words of the clips' and subjects' names; then of folders and the user; in small letters."""
    paths = [path for s in sources for path in (s.original, s.result) if path is not None]
    called = [s.called for s in sources if s.called] + [path.name for path in paths]
    codes = [code for clip in subjects if len(code := plain(clip.code or "")) > _SHORT]
    words = list(dict.fromkeys([*codes, *(word for name in called for word in words_of(name))]))
    stems = {plain(path.stem) for path in paths} | {plain(path.name) for path in paths}
    others = [plain(name) for name in names(paths)]
    return words, [
        name for name in others
        if name not in stems and ("/" in name or "\\" in name or words_of(name))
    ]  # fmt: skip


def _files(
    subjects: Sequence[Subject],
    documents: dict[str, dict[str, Any]],
    checks: Sequence[Check],
    options: Options,
) -> dict[str, Path | bytes]:
    """Everything in the archive, by name."""
    entries = [
        Entry(
            clip.name,
            StoredManifest.from_json(documents[f"{clip.name}.json"]),
            documents.get(f"{clip.name}-metrics.json"),
            carried(clip.packed).sound,
        )
        for clip in subjects
    ]
    with written_in(options.language):
        files: dict[str, Path | bytes] = {
            READ_FIRST: readme(entries, options.title).encode(),
            CARD: card(entries, checks, layout=options.layout, **options.typed).encode(),
        }
    for clip in subjects:
        files[f"{clip.name}.mp4"] = clip.packed
        for name in (f"{clip.name}.json", f"{clip.name}-metrics.json"):
            if name in documents:
                files[name] = _json(documents[name])
    files[LIST] = _json(
        {
            "release": VERSION,
            "title": options.title or TITLE,
            "software": {"mien": versions()["mien"]},
            "voice": "keep" if any(entry.sound for entry in entries) else "mute",
            "checks": [check.as_dict() for check in checks],
            "files": {
                name: {"bytes": _size(content), "sha256": _checksum(content)}
                for name, content in files.items()
            },
        }
    )
    return files


def _write(part: Path, files: dict[str, Path | bytes], progress: Progress | None) -> dict[str, int]:
    """Write the archive and read it back: it must hold what its list says."""

    def packed(count: int) -> None:
        if progress is not None:
            progress("packing", count, len(files))

    with part.open("xb") as stream:
        write_archive(stream, files, packed)
        stream.flush()
        os.fsync(stream.fileno())
    listed = json.loads(files[LIST])["files"]  # type: ignore[arg-type]
    with zipfile.ZipFile(part) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
        for name, wanted in listed.items():
            with archive.open(name) as inside:
                if hashlib.file_digest(inside, "sha256").hexdigest() != wanted["sha256"]:  # type: ignore[arg-type]
                    raise OutputError(
                        f"{name} changed while it was packed: leave the clips alone and run again."
                    )
    return sizes


def _size(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _checksum(content: Path | bytes) -> str:
    return hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else checksum(content)


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
