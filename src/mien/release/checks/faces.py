"""Whose faces the result shows."""

from __future__ import annotations

from collections.abc import Iterator

from mien.errors import MienError
from mien.release.checks.base import Check, Look
from mien.release.faces import Compared, compared, seen_in
from mien.release.subject import Subject


def check(clip: Subject, look: Look) -> list[Check]:
    """What is seen in the result, beside its original where that is there."""
    said = [*_left(clip), *_weak(clip)]
    if clip.original is None:
        return [*said, _alone(clip, look)]
    try:
        found = compared(clip.original, clip.packed, clip.left, look.landmarker, look.progress)
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
    said += [
        clip.check("faces", "fail", code, sentence, **values)
        for code, sentence in _wrong(clip, found)
    ]
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
                f"{clip.traits.done}.",
                **values,
            )
        )  # fmt: skip
    return said


def _wrong(clip: Subject, found: Compared) -> Iterator[tuple[str, str]]:
    """What must not be seen, each as a code and a sentence."""
    if found.untouched:
        yield (
            "untouched",
            f"In {found.untouched:.1%} of the frames a face is as in the original: make the "
            "clip again.",
        )
    if found.recognised:
        where = "" if found.nearest_at is None else f" at {found.nearest_at:.2f} s"
        yield (
            "recognised",
            f"In {found.recognised} of the frames that were looked at a recogniser knows the "
            f"person (distance {found.nearest:.2f}{where}, {found.threshold:.2f} needed): make "
            "the clip again with another face, or cover that moment by hand.",
        )
    if found.strangers:
        more = f" and {len(found.strangers) - 1} more" if len(found.strangers) > 1 else ""
        yield (
            "stranger",
            f"A face is seen where none was {clip.traits.done}, at {found.strangers[0]:.2f} s"
            f"{more}: look there and cover it by hand.",
        )


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
    if clip.traits.hides_face:
        return []
    return [
        clip.check(
            "faces", "warn", "weak_method",
            f"The faces are {clip.traits.done}, which is weak: people and other programs may "
            "still recognise them, so use a mask or a new face unless that is enough.",
            method=clip.method,
        )
    ]  # fmt: skip


def _alone(clip: Subject, look: Look) -> Check:
    """What can be said without the original."""
    found = seen_in(clip.packed, look.progress)
    shown = len(clip.left)
    if clip.traits.shows_face:
        shown += sum(person.role == "replace" for person in clip.manifest.people)
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
