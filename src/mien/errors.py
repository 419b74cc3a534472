"""Errors that mien raises, and the exit status each one gives the command line.

::

    MienError                      1
    ├── ParameterError             2   (also ValueError)
    ├── VideoError                 3   (also OSError)
    │   └── OutputError            6   cannot be written, or is in the way
    │       └── LinkError          6   a place that mien deletes in is a link
    ├── FormatError                3   (also ValueError) a file that is no video cannot be read
    ├── TrackingError              4   (also RuntimeError)
    │   └── NoFaceError            4   nothing to de-identify: never answered with a copy
    ├── EngineError                1   (also RuntimeError)
    ├── StorageError               6   (also OSError) where files lie far away: no answer, or no
    ├── DatabaseError              8   (also RuntimeError) the list of clips is damaged or foreign
    └── PrivacyError               5   (also RuntimeError) the output was withheld

Status 7 is no error: the work was done, on an input of which much is missing (`mien.shortfall`).

Every message is one sentence that says what is wrong, where, and what to do.
"""

from __future__ import annotations


class MienError(Exception):
    """Base of everything that mien raises on purpose."""

    code: str = "error"
    """The kind of error, for programs and translations: it stays when a sentence is reworded."""
    exit_status: int = 1


class ParameterError(MienError, ValueError):
    """A setting or argument is out of its range or does not fit another."""

    code = "bad-parameter"
    exit_status = 2


class VideoError(MienError, OSError):
    """A video cannot be opened, or nothing in it can be decoded."""

    code = "unreadable-video"
    exit_status = 3


class OutputError(VideoError):
    """An output cannot be written, or something is already there."""

    code = "unwritable-output"
    exit_status = 6


class LinkError(OutputError):
    """A folder or file that mien owns is a link: what it leads to is not mien's to change."""

    code = "linked-place"


class FormatError(MienError, ValueError):
    """A file that is no video cannot be read: scores (the line is named), a picture, a bank."""

    code = "unreadable-file"
    exit_status = 3


class StorageError(MienError, OSError):
    """A place far away (``s3://``, ``sftp://``) does not answer or refuses; later it may not."""

    code = "storage-failed"
    exit_status = 6


class TrackingError(MienError, RuntimeError):
    """Faces cannot be followed through the clip."""

    code = "tracking-failed"
    exit_status = 4


class NoFaceError(TrackingError):
    """No face was found in any frame."""

    code = "no-face"


class EngineError(MienError, RuntimeError):
    """An engine cannot render: an asset is missing or does not fit."""

    code = "engine-unusable"


class DatabaseError(MienError, RuntimeError):
    """The application's list of clips is damaged or not mien's; it was left as it is."""

    code = "damaged-list"
    exit_status = 8


class PrivacyError(MienError, RuntimeError):
    """The result could still be recognised; it was withheld."""

    code = "output-withheld"
    exit_status = 5
