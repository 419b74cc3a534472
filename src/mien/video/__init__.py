"""Reading and writing clips: exact timestamps in, exact timestamps out."""

from mien.video.frame import Frame, Loss, VideoInfo
from mien.video.probe import probe
from mien.video.reader import Reader
from mien.video.reencode import Quality, quality_of, reencoded
from mien.video.writer import Writer

__all__ = [
    "Frame",
    "Loss",
    "Quality",
    "Reader",
    "VideoInfo",
    "Writer",
    "probe",
    "quality_of",
    "reencoded",
]
