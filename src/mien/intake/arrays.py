"""NumPy's archives of arrays: what each array's header says is added up before any is read."""

from __future__ import annotations

import math
import os
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as layout

from mien.errors import FormatError
from mien.intake.amounts import ARRAY_BYTES, ARRAYS

_LONGEST_HEADER = 1 << 16


def read_arrays(
    file: str | os.PathLike[str] | IO[bytes], what: str, most: int = ARRAY_BYTES
) -> dict[str, np.ndarray]:
    """All arrays of an ``.npz``; numbers are finite, and nothing is unpickled.

    Parameters
    ----------
    file : path or binary stream
        The archive.
    what : str
        What it should be, as in "a network that `mien expression train` wrote".
    most : int
        Bytes that all arrays may take.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    FormatError
        If it is no such archive, is damaged, too large, or holds what is no number.
    """
    named = file if isinstance(file, str | os.PathLike) else getattr(file, "name", "the archive")
    name = str(named)
    try:
        with zipfile.ZipFile(file if hasattr(file, "read") else Path(file)) as archive:
            entries = archive.infolist()
            if len(entries) > ARRAYS:
                raise FormatError(f"{name} is not {what}: it holds {len(entries)} arrays.")
            found, spent = {}, 0
            for entry in entries:
                with archive.open(entry) as stream:
                    shape, kind = _header(stream)
                    size = math.prod(shape) * kind.itemsize
                    spent += size
                    if spent > most or entry.file_size > most + _LONGEST_HEADER:
                        raise FormatError(
                            f"{name} is not {what}: its array {entry.filename!r} would take "
                            f"{size / (1 << 20):,.0f} MB."
                        )
                    if kind.hasobject or size > entry.file_size or min(shape, default=0) < 0:
                        raise ValueError("an array does not fit its header")
                    stream.seek(0)
                    array = layout.read_array(stream, allow_pickle=False)
                if array.dtype.kind in "fc" and not np.isfinite(array).all():
                    raise FormatError(
                        f"{name} is not {what}: its array {entry.filename!r} holds values that are "
                        "no numbers."
                    )
                found[entry.filename.removesuffix(".npy")] = array
        return found
    except FormatError:
        raise
    except zipfile.BadZipFile as exc:
        raise FormatError(f"{name} is not {what}, or it is damaged: copy it again.") from exc
    except (ValueError, EOFError, NotImplementedError, RuntimeError, SyntaxError, TypeError) as exc:
        raise FormatError(f"{name} is not {what}, or it is damaged: copy it again.") from exc
    except OSError:
        raise
    except Exception as exc:  # zlib's own error, which has no common base
        raise FormatError(f"{name} is damaged: copy it again.") from exc


def _header(stream: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = layout.read_magic(stream)
    read = layout.read_array_header_1_0 if version == (1, 0) else layout.read_array_header_2_0
    shape, _, kind = read(stream)
    return shape, kind
