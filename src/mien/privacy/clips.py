"""Auditing two clips as a person asks for it: recognisers by name, others from a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from mien.models.landmarker import open_backend
from mien.privacy.audit import EVERYBODY, SAMPLING, Sampling, Verdict, ask, audit_pair
from mien.privacy.same_recording import check_same_recording
from mien.progress import Progress, usual
from mien.recognition import registry
from mien.video import Reader


def audit_clips(
    original: str | os.PathLike[str],
    deidentified: str | os.PathLike[str],
    *,
    recognisers: Sequence[str] = EVERYBODY,
    gallery: str | os.PathLike[str] | None = None,
    landmarker: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    sampling: Sampling = SAMPLING,
) -> Verdict:
    """Check whether people are recognised in a de-identified clip.

    Parameters
    ----------
    original, deidentified : path
        The clips; only read. Frames are paired by time.
    recognisers : sequence of str
        Who judges, each by itself: names in `mien.recognition.registry.RECOGNISERS`, or paths of
        ONNX files in InsightFace's format.
    gallery : path, optional
        Folder with a picture of each of some other people, among whom a recogniser has to pick the
        patient; by default the portraits that mien knows by numbers.
    landmarker : path, optional
        Face Landmarker model to track with instead of the built-in mesh.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.
    sampling : Sampling, optional
        How many frames are looked at.

    Raises
    ------
    VideoError
        If a clip cannot be read.
    NoFaceError
        If the original shows no face.
    ParameterError
        If the clips are not of one recording, or there is no recogniser of that name.
    """
    for name in recognisers:
        registry.check_name(name)
    for clip in (original, deidentified):
        with Reader(clip):
            pass  # one that cannot be read is said so before the long work
    check_same_recording(original, deidentified)
    model = None if landmarker is None else str(landmarker)
    with (
        usual(progress, Path(deidentified).name) as report,
        closing(open_backend(model)) as backend,
    ):
        asked = ask(recognisers, backend, gallery=gallery, result=Path(deidentified))
        return audit_pair(original, deidentified, asked, backend, report, sampling=sampling)
