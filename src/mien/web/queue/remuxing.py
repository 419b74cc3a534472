"""A browser's recording, made a whole file: in a process of its own, for it comes from elsewhere.

::

    python -m mien.web.queue.remuxing FILE OUT

What a browser records has no duration and no index. Pictures and sound are copied as they are.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mien.errors import VideoError
from mien.outputs import hidden

_TIMEOUT_S = 120.0
MODULE = "mien.web.queue.remuxing"


def remux(path: Path) -> None:
    """Replace a recording by the same with durations and an index.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    VideoError
        If it cannot be read.
    """
    part = hidden(path)
    try:
        ran = subprocess.run(
            [sys.executable, "-P", "-m", MODULE, str(path), str(part)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
        )
        if ran.returncode or not part.is_file():
            raise VideoError(f"{path.name} is no recording of a browser: record it again.")
        os.replace(part, path)
    except subprocess.TimeoutExpired as exc:
        raise VideoError(f"{path.name} takes too long to read: record a shorter one.") from exc
    finally:
        part.unlink(missing_ok=True)


def main() -> None:
    """Run the process."""
    import av

    with av.open(sys.argv[1]) as source, av.open(sys.argv[2], "w", format="matroska") as out:
        streams = {s.index: out.add_stream_from_template(s) for s in source.streams
                   if s.type in ("video", "audio")}  # fmt: skip
        for packet in source.demux(*[source.streams[k] for k in streams]):
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                out.mux(packet)


if __name__ == "__main__":
    main()
