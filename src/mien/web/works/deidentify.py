"""De-identifying a clip, with pictures of it on the way and a copy for comparing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from mien.errors import ParameterError
from mien.pipeline.deidentify import deidentify
from mien.pipeline.settings import Settings, Thoroughness
from mien.pipeline.withholding import USUAL
from mien.progress import Progress
from mien.tracking.selection import Selection
from mien.video.index import frame_times
from mien.web.queue.folders import COMPARE, FRAMES, PREVIEW, RESULT
from mien.web.queue.tasks import Material, Task
from mien.web.works.previews import Live, preview

_JUDGED = ("person", "recogniser", "frames", "share_under")  # of an audit, for the page
_COMPARE_WIDTH = 960  # pixels at most of each half


def render(
    task: Task, progress: Progress, thoroughness: Thoroughness | None = None
) -> dict[str, Any]:
    """De-identify a clip.

    The folder gets the result, its manifest, the times of its frames and a picture of it; also a
    copy with original and result beside each other, unless the original is not to stay. How
    thoroughly the result is looked at, is the usual if nothing is said.

    Raises
    ------
    MienError
        As `mien.deidentify` does.
    """
    (clip,), wanted = task.clips, task.wanted
    assert clip.original is not None
    picture, (face, consent) = task.folder / PREVIEW, face_of(wanted, clip)
    made = deidentify(
        clip.original,
        task.folder / RESULT,
        Settings(
            engine=wanted["engine"],
            match=wanted["match"],
            subject=wanted["subject"],
            selection=Selection(
                people=wanted["people"],
                leave=tuple(wanted.get("leave", ())),
                cover=tuple(wanted.get("cover", ())),
            ),
            voice=wanted["voice"],
            surroundings=wanted.get("surroundings", "keep"),
            hands=wanted.get("hands", "keep"),
            withhold=wanted.get("withhold", USUAL),  # not in jobs of earlier versions
            thoroughness=how_thorough(wanted, thoroughness or Thoroughness()),
            surrogate=face,
            consent=consent,
        ),
        side_by_side=task.folder / COMPARE if wanted["compare"] else None,
        side_by_side_width=_COMPARE_WIDTH,
        progress=progress,
        watch=Live(picture),
    )
    frames = len(made.ledger.entries)
    preview(made.output, picture, frames)
    # of the result itself, which begins later than an original that begins before zero
    times = [round(float(time), 6) for time in frame_times(made.output)[:-1]]
    (task.folder / FRAMES).write_text(json.dumps({"times": times}))
    return {
        "frames": frames,
        "ledger": made.ledger.counts(),
        "missing": made.missing.as_dict() if made.missing.much else None,
        "notes": made.told.input.notes,
        "judges": [
            {name: judge[name] for name in _JUDGED}
            for judge in made.told.judges
            if not judge["steered"]
        ],
        "conceded": made.told.covered_to_deliver.to_json(),
        "surrogates": made.surrogates,
        "renderings": made.told.output.renderings,
    }


def how_thorough(wanted: dict[str, Any], usual: Thoroughness) -> Thoroughness:
    """The usual, or with every frame asked about where that is wanted."""
    return replace(usual, checked=None) if wanted.get("audit") == "all" else usual


def face_of(wanted: dict[str, Any], clip: Material) -> tuple[str, str | None]:
    """The settings `surrogate` and `consent`: a face of the bank, or the clip's own picture.

    Raises
    ------
    ParameterError
        If the picture is gone.
    """
    if wanted["surrogate"] != "own":
        return wanted["surrogate"], None
    if clip.portrait is None or not clip.portrait.is_file():
        raise ParameterError("The picture of your own is gone: choose one again.")
    return str(clip.portrait), wanted["consent"]
