"""Whether an upload is a video, looked at in a process of its own.

::

    python -m mien.web.probing FILE

prints what the clip is, or why it is none. FFmpeg reads what strangers made: should that stop a
process, then not the server's.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from mien.errors import ParameterError, VideoError

_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Clip:
    """What an upload is."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    frames: int | None
    """Frames that the file announces; None if unknown."""
    seconds: float | None
    """Duration; None if unknown."""
    sound_fits: bool = True
    """Whether its sound, if there is any, can be kept in a result."""


def look(path: Path) -> Clip:
    """Probe a file with `mien.video.probe` in another process.

    Raises
    ------
    VideoError
        If it is no video that mien reads. The message calls the file by its name on disk.
    """
    try:
        found = subprocess.run(
            [sys.executable, "-P", "-m", "mien.web.probing", str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
        )
        answer = json.loads(found.stdout)
    except (subprocess.TimeoutExpired, ValueError) as exc:
        raise VideoError(f"{path.name} cannot be read as a video: choose another file.") from exc
    if "error" in answer:
        raise VideoError(answer["error"])
    return Clip(**answer)


def main() -> None:
    """Run the process."""
    from mien.video import probe
    from mien.video.writer import check_sound

    fits = True
    try:
        info = probe(sys.argv[1])
        check_sound(sys.argv[1])
    except ParameterError:
        fits = False
    except VideoError as error:
        print(json.dumps({"error": " ".join(str(error).split())}))
        return
    clip = Clip(info.width, info.height, info.frame_estimate, info.duration_s, fits)
    print(json.dumps(asdict(clip)))


if __name__ == "__main__":
    main()
