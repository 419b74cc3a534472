"""Whether an upload is a video, looked at in a process of its own.

::

    python -m mien.web.queue.probing FILE

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
from mien.web.queue.log import Log, noted

_TIMEOUT_S = 60.0
MODULE = "mien.web.queue.probing"


@dataclass(frozen=True)
class Upload:
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


def look(path: Path, log: Log | None = None, module: str = MODULE) -> Upload:
    """Probe a file with `mien.video.coded` in another process.

    Parameters
    ----------
    path : Path
        The file.
    log : Log, optional
        Where it is written down if the process stops instead of answering.
    module : str
        What the process runs.

    Raises
    ------
    VideoError
        If it is no video that mien reads. The message calls the file by its name on disk.
    """
    try:
        found = subprocess.run(
            [sys.executable, "-P", "-X", "faulthandler", "-m", module, str(path)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
        )
        answer = json.loads(found.stdout)
    except (subprocess.TimeoutExpired, ValueError) as exc:
        if isinstance(exc, subprocess.TimeoutExpired):
            how, said = f"took more than {_TIMEOUT_S:g} s", exc.stderr
        else:
            how, said = f"ended with status {found.returncode}", found.stderr
        words = (said or b"").decode("utf-8", "replace") or "It said nothing."
        number = log.entry(f"the look at an upload {how}", words) if log is not None else None
        sentence = f"{path.name} cannot be read as a video: choose another file."
        raise VideoError(noted(sentence, number)) from exc
    if "error" in answer:
        raise VideoError(answer["error"])
    return Upload(**answer)


def main() -> None:
    """Run the process."""
    from mien.video import probe
    from mien.video.tracks import check_sound

    fits = True
    try:
        info = probe(sys.argv[1])
        check_sound(sys.argv[1])
    except ParameterError:
        fits = False
    except VideoError as error:
        print(json.dumps({"error": " ".join(str(error).split())}))
        return
    clip = Upload(info.width, info.height, info.frame_estimate, info.duration_s, fits)
    print(json.dumps(asdict(clip)))


if __name__ == "__main__":
    main()
