"""Reading and writing clips: exact timestamps in, exact timestamps out."""

from mien.video.reader import Frame, Loss, Reader, VideoInfo, probe
from mien.video.writer import Writer

__all__ = ["Frame", "Loss", "Reader", "VideoInfo", "Writer", "probe"]
