"""The last checks of a clip that is to be passed on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.errors import FormatError, MienError, ParameterError
from mien.intake import words as intake
from mien.outputs import checksum
from mien.release.card import WEAK
from mien.release.checks import Check, Verdict
from mien.release.faces import compared, seen_in
from mien.release.leaks import unchanged
from mien.release.metadata import carried
from mien.release.searching import search
from mien.release.words import found_in, texts_in

MUCH = 0.2
"""Share of frames that are covered or interpolated from which on it is said to be much."""

_OBJECTS = ("settings", "input", "output", "linkable", "ledger", "residual_faces")
_SPAN = ("from_s", "to_s")
_DONE = {"mesh": "replaced", "mask": "masked", **WEAK}

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Subject:
    """A clip on its way into a release."""

    number: int
    """From 1."""
    result: Path
    """As it was made."""
    packed: Path
    """As it is passed on: the same, or a copy without sound."""
    record: dict[str, Any]
    """Its manifest, as it was made."""
    original: Path | None
    """None if it is not at hand."""
    metrics: dict[str, Any] | None
    """Content of its ``metrics.json``."""

    @property
    def name(self) -> str:
        """What it is called in the release, without an ending."""
        return f"clip-{self.number:03d}"

    @property
    def left(self) -> set[int]:
        """People whose faces were left on purpose."""
        people = self.record.get("people") or []
        return {person.get("person", 0) for person in people if person.get("role") == "leave"}

    @property
    def method(self) -> str:
        """What was done to its faces."""
        return str((self.record.get("settings") or {}).get("engine", "unknown"))

    @property
    def code(self) -> str | None:
        """What the person is called in the study; not passed on."""
        code = (self.record.get("linkable") or {}).get("subject")
        return None if code is None else str(code)

    def check(self, name: str, verdict: Verdict, code: str, sentence: str, **values: Any) -> Check:
        """What a check of this clip says."""
        return Check(name, verdict, code, sentence, values, self.number)


def read_json(path: Path, what: str) -> dict[str, Any]:
    """A JSON object.

    Raises
    ------
    ParameterError
        If there is no such file.
    FormatError
        If it holds something else.
    """
    try:
        content = intake.read_json(path, what)
    except OSError as exc:
        raise ParameterError(
            f"{path} cannot be read, but it is to hold {what}: give results of mien deidentify "
            "with the .json beside each."
        ) from exc
    except ValueError as exc:
        raise FormatError(f"{path} is not {what}: make the result again.") from exc
    if not isinstance(content, dict):
        raise FormatError(f"{path} is not {what}: make the result again.")
    return content


def read_manifest(path: Path) -> dict[str, Any]:
    """A result's manifest, its parts of the kind that they should be.

    Raises
    ------
    ParameterError
        If there is no such file.
    FormatError
        If it holds something else.
    """
    record = read_json(path, "the manifest of a result")
    ledger = record.get("ledger", {})
    objects = [record.get(key, {}) for key in _OBJECTS]
    lists = [record.get(key, []) for key in ("people", "privacy")]
    try:
        lists.append(ledger.get("ranges", []))
        counts = ledger.get("counts", {}).values()
        well = (
            all(isinstance(one, dict) for one in objects)
            and all(isinstance(entries, list) for entries in lists)
            and all(isinstance(one, dict) for entries in lists for one in entries)
            and all(isinstance(count, int) for count in counts)
            and all(isinstance(one[key], int | float) for one in lists[-1] for key in _SPAN)
            and all(isinstance(one.get("surrogate", {}), dict) for one in lists[0])
        )
    except (AttributeError, KeyError):
        well = False
    if not well:
        raise FormatError(f"{path} is no manifest of mien: make the result again.")
    return record


def inspect(
    clip: Subject, landmarker: str | None = None, progress: Progress | None = None
) -> list[Check]:
    """All checks of one clip.

    Raises
    ------
    VideoError
        If a clip cannot be read.
    ParameterError
        If the original is another clip's.
    """
    if clip.original is not None:
        theirs = (clip.record.get("input") or {}).get("sha256")
        if theirs != checksum(clip.original):
            raise ParameterError(
                f"{clip.original.name} is not the original of {clip.result.name}: give the clip "
                "that it was made from."
            )
    return [
        *_manifest(clip),
        *_metadata(clip),
        *_faces(clip, landmarker, progress),
        *_original(clip, progress),
        *_voice(clip),
        *_covered(clip),
        *_linkage(clip),
        *_measures(clip),
    ]


def _manifest(clip: Subject) -> list[Check]:
    record = clip.record
    try:
        described = record["output"]["sha256"] == checksum(clip.result)
        counted = sum(record["ledger"]["counts"].values()) == record["output"]["frames"]
        audits = [(person["passed"], person["nearest"], person["threshold"])
                  for person in record["privacy"]]  # fmt: skip
        residual = record["residual_faces"]["found"]
    except (KeyError, TypeError, AttributeError):
        return [
            clip.check(
                "manifest", "fail", "not_a_manifest",
                "The file beside the clip is no manifest of mien: make the clip again.",
            )
        ]  # fmt: skip
    if not (described and counted):
        return [
            clip.check(
                "manifest", "fail", "not_described",
                "The video is not the one that its manifest describes, so it was changed after it "
                "was checked: make the clip again.",
            )
        ]  # fmt: skip
    if residual or not all(passed is True for passed, _, _ in audits):
        return [
            clip.check(
                "manifest", "fail", "not_audited",
                "The manifest says that the clip did not pass when it was made: make it again.",
            )
        ]  # fmt: skip
    nearest = min((distance for _, distance, _ in audits), default=None)
    needed = max((threshold for _, _, threshold in audits), default=None)
    said = "" if nearest is None else f" (distance {nearest:.2f}, {needed:.2f} needed)"
    return [
        clip.check(
            "manifest", "pass", "described",
            "The video is the one that its manifest describes, and nobody was recognised in it "
            f"when it was made{said}.",
            nearest=nearest, needed=needed,
        )
    ]  # fmt: skip


def _metadata(clip: Subject) -> list[Check]:
    found = carried(clip.packed)
    if found.extra:
        listed = ", ".join(found.extra)
        return [
            clip.check(
                "metadata", "fail", "metadata_extra",
                f"The file carries more than picture, sound and label ({listed}): make the clip "
                "again with mien.",
                extra=list(found.extra),
            )
        ]  # fmt: skip
    if not found.labelled or found.label != clip.record.get("label"):
        return [
            clip.check(
                "metadata", "fail", "no_label",
                "The file does not say that its faces are synthetic, as its manifest does: make "
                "the clip again.",
            )
        ]  # fmt: skip
    if found.signed:
        return [
            clip.check(
                "metadata", "warn", "signed",
                "The file is signed, and the certificate in it names who signed it.",
            )
        ]  # fmt: skip
    return [
        clip.check(
            "metadata", "pass", "metadata_clean",
            "The file says that its faces are synthetic and nothing else: no date, place, device, "
            "title or chapter.",
        )
    ]  # fmt: skip


def _faces(clip: Subject, landmarker: str | None, progress: Progress | None) -> list[Check]:
    said = [*_left(clip), *_weak(clip)]
    if clip.original is None:
        return [*said, _alone(clip, progress)]
    try:
        found = compared(clip.original, clip.packed, clip.left, landmarker, progress)
    except MienError as error:
        return [
            *said,
            clip.check(
                "faces", "fail", "not_comparable",
                f"The result could not be compared with its original: {error}",
            ),
        ]  # fmt: skip
    values = {
        "searched": found.searched,
        "nearest": None if found.nearest is None else round(found.nearest, 4),
        "nearest_at": found.nearest_at,
        "needed": found.threshold,
        "recognised": found.recognised,
        "untouched": found.untouched,
        "strangers": [round(time, 3) for time in found.strangers],
        "method": clip.method,
    }
    if found.untouched:
        said.append(
            clip.check(
                "faces", "fail", "untouched",
                f"In {found.untouched:.1%} of the frames a face is as in the original: make the "
                "clip again.",
                **values,
            )
        )  # fmt: skip
    if found.recognised:
        where = "" if found.nearest_at is None else f" at {found.nearest_at:.2f} s"
        said.append(
            clip.check(
                "faces", "fail", "recognised",
                f"In {found.recognised} of the frames that were looked at a recogniser knows the "
                f"person (distance {found.nearest:.2f}{where}, {found.threshold:.2f} needed): make "
                "the clip again with another face, or cover that moment by hand.",
                **values,
            )
        )  # fmt: skip
    if found.strangers:
        more = f" and {len(found.strangers) - 1} more" if len(found.strangers) > 1 else ""
        said.append(
            clip.check(
                "faces", "fail", "stranger",
                f"A face is seen where none was {_DONE.get(clip.method, 'changed')}, at "
                f"{found.strangers[0]:.2f} s{more}: look there and cover it by hand.",
                **values,
            )
        )  # fmt: skip
    if found.passed:
        nearest = (
            "the recogniser found no face to compare"
            if found.nearest is None
            else f"the nearest face is {found.nearest:.2f} from the person's own, "
            f"{found.threshold:.2f} needed"
        )
        said.append(
            clip.check(
                "faces", "pass", "faces_hidden",
                f"Compared with the original: nobody is recognised ({nearest}), and "
                f"in the {found.searched} frames that were looked at no face is where none was "
                f"{_DONE.get(clip.method, 'changed')}.",
                **values,
            )
        )  # fmt: skip
    return said


def _left(clip: Subject) -> list[Check]:
    if not clip.left:
        return []
    count = len(clip.left)
    who = "1 person's face was" if count == 1 else f"{count} people's faces were"
    return [
        clip.check(
            "faces", "warn", "left",
            f"{who} left as recorded, on purpose: that face can be recognised by everybody.",
            people=count,
        )
    ]  # fmt: skip


def _weak(clip: Subject) -> list[Check]:
    if clip.method not in WEAK:
        return []
    return [
        clip.check(
            "faces", "warn", "weak_method",
            f"The faces are {WEAK[clip.method]}, which is weak: people and other programs may "
            "still recognise them, so use a mask or a new face unless that is enough.",
            method=clip.method,
        )
    ]  # fmt: skip


def _alone(clip: Subject, progress: Progress | None) -> Check:
    """What can be said without the original."""
    found = seen_in(clip.packed, progress)
    people = clip.record.get("people") or []
    shown = len(clip.left)
    if clip.method != "mask":
        shown += sum(person.get("role") == "replace" for person in people)
    values = {
        "searched": found.searched,
        "seen": found.with_faces,
        "most": found.most,
        "expected": shown,
        "at": round(found.most_at, 3),
    }
    if found.most > shown:
        return clip.check(
            "faces", "fail", "too_many",
            f"{found.most} faces are seen at {found.most_at:.2f} s, where at most {shown} should "
            "be: look there and cover what should not be seen.",
            **values,
        )  # fmt: skip
    if not shown:
        return clip.check(
            "faces", "pass", "no_faces",
            f"In the {found.searched} frames that were looked at no face is seen.",
            **values,
        )  # fmt: skip
    return clip.check(
        "faces", "warn", "no_original",
        f"A face is seen in {found.with_faces} of {found.searched} frames, never more than "
        f"{found.most} at once; whether one is the person's own could not be checked again, "
        "because the original is not here.",
        **values,
    )  # fmt: skip


def _original(clip: Subject, progress: Progress | None) -> list[Check]:
    if clip.original is None:
        return []
    if checksum(clip.result) == checksum(clip.original):
        return [
            clip.check(
                "original", "fail", "is_original", "This is the original: choose its result."
            )
        ]
    same = unchanged(clip.original, clip.packed, progress=progress)
    if not same:
        return [
            clip.check(
                "original", "pass", "all_changed", "Every frame differs from the original's."
            )
        ]
    frames = "1 frame is" if len(same) == 1 else f"{len(same)} frames are"
    where = f"{frames} as in the original, the first at {same[0]:.2f} s"
    values = {"frames": len(same), "first": round(same[0], 3)}
    if clip.left:  # nobody else was in them
        return [clip.check("original", "warn", "unchanged_left", f"{where}: look there.", **values)]
    return [
        clip.check(
            "original", "fail", "unchanged",
            f"{where}: make the clip again, or cover these frames by hand.",
            **values,
        )
    ]  # fmt: skip


def _voice(clip: Subject) -> list[Check]:
    if carried(clip.packed).sound:
        return [
            clip.check(
                "voice", "warn", "voice_kept",
                "The original sound is in the clip, and a voice identifies a person: release it "
                "without sound unless the person agreed.",
            )
        ]  # fmt: skip
    if clip.packed != clip.result:
        return [
            clip.check(
                "voice", "pass", "voice_removed",
                "The sound was taken out; the pictures are the same, bit for bit.",
            )
        ]  # fmt: skip
    return [clip.check("voice", "pass", "voice_none", "There is no sound.")]


def _covered(clip: Subject) -> list[Check]:
    counts = (clip.record.get("ledger") or {}).get("counts") or {}
    total = max(sum(counts.values()), 1)
    covered, guessed = (counts.get(key, 0) / total for key in ("covered", "interpolated"))
    shares = f"{covered:.1%} of the frames are covered and {guessed:.1%} interpolated"
    values = {"covered": round(covered, 4), "interpolated": round(guessed, 4)}
    if max(covered, guessed) > MUCH:
        return [
            clip.check(
                "covered", "warn", "covered_much",
                f"{shares}: there movement is missing or guessed, so look whether the clip still "
                "shows what it is for.",
                **values,
            )
        ]  # fmt: skip
    if clip.method == "mask":
        return [
            clip.check(
                "covered", "pass", "masked",
                "Faces are masked, so no movement of theirs is to be seen; besides that "
                f"{covered:.1%} of the frames are covered.",
                **values,
            )
        ]  # fmt: skip
    return [clip.check("covered", "pass", "covered_little", f"{shares}.", **values)]


def _linkage(clip: Subject) -> list[Check]:
    linkable = clip.record.get("linkable") or {}
    if linkable.get("by_surrogate"):
        return [
            clip.check(
                "linkage", "warn", "same_face",
                "The new face was given on purpose and may be that of other clips: who has one can "
                "link the other.",
            )
        ]  # fmt: skip
    if linkable.get("by_facial_motion"):
        return [
            clip.check(
                "linkage", "pass", "by_motion",
                "The new face was chosen for this clip alone; how the face moves can still link "
                "clips of one person.",
            )
        ]  # fmt: skip
    return [
        clip.check(
            "linkage", "pass", "by_head",
            "No face is shown that other clips could share; how the head moves can still link "
            "them.",
        )
    ]  # fmt: skip


def _measures(clip: Subject) -> list[Check]:
    if clip.metrics is None:
        return []
    if fits(clip):
        return [
            clip.check("measures", "pass", "measured", "The figures were measured on this clip.")
        ]
    return [
        clip.check(
            "measures", "warn", "measured_other",
            "The figures are of another version of this clip and are left out: measure it again.",
        )
    ]  # fmt: skip


def fits(clip: Subject) -> bool:
    """Whether the metrics were measured on this clip as it was made."""
    about = (clip.metrics or {}).get("about") or {}
    theirs = about.get("deidentified_sha256") if isinstance(about, dict) else None
    return theirs is not None and theirs == checksum(clip.result)


def shared_faces(clips: Sequence[Subject]) -> list[Check]:
    """Which clips of a release show the same face, or belong to one person as somebody said."""
    groups: dict[str, set[int]] = {}
    for clip in clips:
        for person in clip.record.get("people") or []:
            if face := (person.get("surrogate") or {}).get("id"):
                groups.setdefault(face, set()).add(clip.number)
    same = sorted({tuple(sorted(group)) for group in groups.values() if len(group) > 1})
    return [
        Check(
            "linkage", "warn", "same_face_here",
            f"Clips {', '.join(map(str, group))} show the same face: they will be taken for one "
            "person's, whether or not they are.",
            {"clips": list(group)},
        )
        for group in same
    ]  # fmt: skip


def names(
    clips: Sequence[Subject],
    contents: Mapping[str, Any],
    typed: Mapping[str, str],
    words: Collection[str],
    elsewhere: Collection[str],
) -> list[Check]:
    """Whether words of the names of files are in what is passed on.

    Parameters
    ----------
    clips : sequence of Subject
        Whose videos are searched.
    contents : mapping
        JSON documents of the release, by name.
    typed : mapping
        What somebody wrote for the card, by what it is.
    words : collection of str
        Of the clips' names: looked for everywhere.
    elsewhere : collection of str
        Of folders and of the user, who may sign the card: not looked for in `typed`.
    """
    checks = [
        Check(
            "names", "fail", "name_typed",
            f"The {what} holds “{word}”, which is in the name of a file: use other words.",
            {"where": what, "word": word},
        )
        for what, text in typed.items()
        for word in found_in(text, words)[:1]
    ]  # fmt: skip
    both = list(dict.fromkeys([*words, *elsewhere]))
    for name, content in contents.items():
        text = "\n".join(texts_in(content))
        if found := found_in(text, both):
            checks.append(_named(name, found[0]))
    for clip in clips:
        where = f"{clip.name}.mp4"
        searched = search(clip.packed, both)
        if searched.words:
            checks.append(_named(where, searched.words[0]))
        elif not searched.read:
            checks.append(
                Check(
                    "names", "fail", "name_unread",
                    f"{where} cannot be read, so nothing is known of what it holds: make the clip "
                    "again.",
                    {"where": where},
                )
            )  # fmt: skip
    return checks or [
        Check(
            "names", "pass", "names_none",
            "No part of the names of your files is in the package.",
        )
    ]  # fmt: skip


def _named(where: str, word: str) -> Check:
    return Check(
        "names", "fail", "name_inside",
        f"{where} holds “{word}”, which is in the name of a file or folder: make the clip again "
        "under a neutral name.",
        {"where": where, "word": word},
    )  # fmt: skip
