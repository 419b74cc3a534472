"""Which result was made of which original, by what lies beside it, or by its place and name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mien.cli.inputs import Leaving, gather
from mien.errors import FormatError, ParameterError
from mien.outputs import checksum
from mien.pipeline.stored import StoredManifest

_NAMED = 3  # of originals without a result
_BESIDE = (".json", ".csv", ".eaf", ".parquet", ".png")  # what lies beside results and is no clip


@dataclass(frozen=True)
class Counterpart:
    """A result, and what it was made of."""

    name: str
    """What it is called in tables: its place in the folder that was given."""
    deidentified: Path
    """The result."""
    original: Path | None
    """Its original; None where none of those given is."""


@dataclass
class Counterparts:
    """What is to be compared with what."""

    pairs: list[Counterpart] = field(default_factory=list)
    """Every result once, in the order of the command line."""
    remarks: list[str] = field(default_factory=list)
    """Sentences on what is left out."""
    many: bool = False
    """Whether several results were named, or a folder."""


@dataclass(frozen=True)
class _Clip:
    path: Path
    place: str  # in the folder that was given, without ending
    name: str  # in tables: with the folder where several were given
    itself: bool  # whether it was named, and not its folder


def counterparts(clips: Sequence[Path], originals: Sequence[Path]) -> Counterparts:
    """Find the original of every result.

    The manifest beside a result says of which file it was made. Where there is none, or the
    original is another file now, an original of the same place and name is taken.

    Parameters
    ----------
    clips : sequence of Path
        Without `originals` an original and its result, or the folders of both; with them results
        and folders of results.
    originals : sequence of Path
        Originals and folders of originals.

    Raises
    ------
    ParameterError
        If it is not clear which are originals, a folder holds no clip, or an original that was
        named itself belongs to none of the results.
    VideoError
        If a folder cannot be read.
    """
    if not originals:
        if len(clips) != 2 or clips[0].is_dir() != clips[1].is_dir():
            raise ParameterError(
                "An audit is of an original and its result, or of a folder of each: name two "
                "clips or two folders, or only results, and their originals with --original."
            )
        originals, clips = clips[:1], clips[1:]
        if not originals[0].is_dir():
            one = Counterpart(clips[0].name, clips[0], originals[0])
            return Counterparts([one])
    found = Counterparts()
    ours = _clips(originals, [path for path in clips if path.is_dir()], found, True)
    theirs = _clips(clips, [path for path in originals if path.is_dir()], found, False)
    known = {one.path.resolve() for one in ours}
    theirs = [one for one in theirs if one.itself or one.path.resolve() not in known]
    if not theirs:
        raise ParameterError("There is no result among these: name clips beside their originals.")
    found.pairs = _paired(theirs, ours)
    found.many = len(theirs) > 1 or any(path.is_dir() for path in clips)
    _say_alone(ours, found)
    return found


def _clips(
    given: Sequence[Path], others: Sequence[Path], found: Counterparts, originals: bool
) -> list[_Clip]:
    """Every clip once; of `others`, folders of the other kind, nothing is taken."""
    clips: dict[Path, _Clip] = {}
    several = sum(path.is_dir() for path in given) > 1
    for path in given:
        within = [one for one in others if path.resolve() in one.resolve().parents]
        apart = Leaving(without=within[0] if within else None, results=originals, beside=_BESIDE)
        gathered = gather([path], leaving=apart)
        found.remarks += gathered.remarks
        for clip, place in zip(gathered.clips, gathered.places, strict=True):
            itself = not path.is_dir()
            name = str(Path(place).with_name(clip.name))
            name = f"{path.resolve().name}/{name}" if several and not itself else name
            clips.setdefault(clip.absolute(), _Clip(clip, place, name, itself))
    return list(clips.values())


def _paired(results: Sequence[_Clip], originals: Sequence[_Clip]) -> list[Counterpart]:
    """Each result with its original."""
    by_place = defaultdict(list)
    for one in originals:
        by_place[one.place].append(one.path)
    wanted = {one.path: _made_of(one.path) for one in results}
    by_sum = {}
    if any(wanted.values()):
        by_sum = {checksum(one.path): one.path for one in originals if one.path.is_file()}
    pairs = []
    for one in results:
        same = by_place.get(one.place, [])
        alone = same[0] if len(same) == 1 else None
        pairs.append(Counterpart(one.name, one.path, by_sum.get(wanted[one.path] or "", alone)))
    return pairs


def _made_of(result: Path) -> str | None:
    """The checksum of its original, where a manifest beside it says so."""
    try:
        said = StoredManifest.read(result.with_suffix(".json")).input.get("sha256")
    except (OSError, FormatError):
        return None
    return None if said is None else str(said)


def _say_alone(originals: Sequence[_Clip], found: Counterparts) -> None:
    """Of originals without a result: those that were named are an error, others a remark."""
    used = {pair.original for pair in found.pairs}
    alone = [one for one in originals if one.path not in used]
    for one in alone:
        if one.itself:
            raise ParameterError(
                f"{one.path} belongs to none of the results: name what it was made into."
            )
    if alone:
        names = ", ".join(one.name for one in alone[:_NAMED])
        more = f" and {len(alone) - _NAMED} more" if len(alone) > _NAMED else ""
        found.remarks.append(f"No result is there of {names}{more}: left out.")
