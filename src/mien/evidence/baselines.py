"""Results of published ways of hiding a face, for comparisons: nothing in them is mended."""

from __future__ import annotations

import os
from contextlib import closing

from mien.engines.laying import composite
from mien.engines.published import PUBLISHED
from mien.evidence.original import Original
from mien.progress import Progress
from mien.video import Reader, Writer
from mien.workers import ahead


def write_baseline(
    original: Original,
    name: str,
    output: str | os.PathLike[str],
    *,
    crf: float = 17,
    progress: Progress | None = None,
) -> None:
    """Hide every face that was tracked as a published method does, without sound.

    Parameters
    ----------
    original : Original
        The clip, and where its faces are.
    name : str
        One of `mien.engines.published.PUBLISHED`.
    output : path
        The result, ending in .mp4. It may show a face that the tracker did not find, and what such
        methods leave of a face may be recognised: it is to be measured, not to be passed on.
    crf : float
        Quality of the H.264 output, as `mien deidentify` has it.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Raises
    ------
    VideoError
        If the clip cannot be read.
    OutputError
        If the result cannot be written.
    """
    engine = PUBLISHED[name]()
    known = [set(track.known().tolist()) for track in original.tracks]
    with (
        Reader(original.path) as reader,
        closing(ahead(reader)) as frames,
        Writer(output, reader.info, crf=crf) as writer,
    ):
        for frame in frames:
            image = frame.image.copy()
            for track, there in zip(original.tracks, known, strict=True):
                if frame.index in there:
                    composite(image, engine.render(image, track.landmarks[frame.index]))
            writer.write(image, frame.pts)
            if progress is not None:
                progress("rendering", frame.index + 1, len(original.times))
        writer.commit()
