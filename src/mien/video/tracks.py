"""The sound tracks of a clip: all of them are kept, as they are where an MP4 can hold them."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from av.audio.stream import AudioStream
from av.stream import Discard

from mien.errors import ParameterError
from mien.video.container import open_input
from mien.video.frame import Loss, Note
from mien.video.lossless import LAYOUTS, Lossless
from mien.video.sound import Copied, Sound
from mien.video.voice import Changed

# What players of MP4 expect to find in one. FFmpeg would also store Vorbis and PCM, in forms
# that hardly any of them opens.
_COPIED = ("aac", "mp3", "mp3float", "mp2", "mp2float", "ac3", "eac3", "alac", "flac", "opus")


def sounds_of(path: Path, losses: list[Loss], *, change: bool = False) -> list[Sound]:
    """Open the sound tracks of a clip, the one that a player would choose first.

    Parameters
    ----------
    path : Path
        The clip.
    losses : list of Loss
        Gets what is found damaged.
    change : bool
        Whether voices are made others.

    Raises
    ------
    ParameterError
        If one cannot be stored in an MP4.
    VideoError
        If the clip cannot be read.
    """
    with closing(open_input(path)) as container:
        best = container.streams.best("audio")
        tracks = [stream.index for stream in container.streams.audio]
    tracks.sort(key=lambda index: best is not None and index != best.index)
    sounds: list[Sound] = []
    try:
        for index in tracks:
            sounds.append(_sound(path, index, losses, change))
    except BaseException:
        for sound in sounds:
            sound.close()
        raise
    return sounds


def check_sound(path: str | os.PathLike[str], *, change: bool = False) -> tuple[Note, ...]:
    """Refuse a clip whose sound `Writer` could not store, and say what storing changes.

    Returns
    -------
    notes : tuple of Note
        One for every track that is stored in another form.

    Raises
    ------
    ParameterError
        If an MP4 cannot hold it.
    VideoError
        If the clip cannot be read.
    """
    notes = []
    for sound in sounds_of(Path(path), [], change=change):
        with closing(sound):
            if isinstance(sound, Changed):
                words = "The voice was changed (McAdams), and stored as Apple Lossless (ALAC)."
                notes.append(Note("voice", words))
            elif isinstance(sound, Lossless):
                words = f"Sound in {sound.codec} was stored as Apple Lossless (ALAC)."
                notes.append(Note("sound", words))
    return tuple(notes)


def _sound(path: Path, index: int, losses: list[Loss], change: bool) -> Sound:
    """Open one track, in a container of its own so that none waits for another."""
    container = open_input(path)
    stream = container.streams[index]
    assert isinstance(stream, AudioStream)
    context = stream.codec_context
    name = context.name if context else "not known here"
    is_heard = context is not None and context.sample_rate > 0
    if not is_heard or (
        (change or name not in _COPIED) and not 0 < context.channels <= len(LAYOUTS)
    ):
        container.close()
        raise ParameterError(
            f"The sound of {path} is {name}, which an MP4 cannot hold: leave it out (voice "
            '"mute"), or convert it to AAC first.'
        )
    for other in container.streams:
        if other.index != index:
            other.discard = Discard.all
    if change:
        return Changed(container, stream, losses)
    return (Copied if name in _COPIED else Lossless)(container, stream, losses)
