"""Reading and writing clips: exact timestamps in, exact timestamps out."""

from mien.video.reader import Frame, Loss, Reader, VideoInfo, probe
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
