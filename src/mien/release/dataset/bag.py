"""A folder with checksums of everything in it, which any BagIt program can verify.

References
----------
.. [1] RFC 8493, The BagIt File Packaging Format (V1.0).
"""

from __future__ import annotations

from pathlib import Path

from mien.errors import FormatError
from mien.outputs import checksum

PAYLOAD = "data"
"""Folder of what the bag holds."""
_TAGS = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")


def seal(folder: Path) -> int:
    """Write the checksums of what lies in ``folder/data``; how many files that are."""
    files = sorted(path for path in (folder / PAYLOAD).rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in files)
    (folder / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (folder / "bag-info.txt").write_text(f"Payload-Oxum: {size}.{len(files)}\n")
    (folder / "manifest-sha256.txt").write_text(_lines(folder, files))
    tags = [folder / name for name in _TAGS]
    (folder / "tagmanifest-sha256.txt").write_text(_lines(folder, tags))
    return len(files)


def verify(folder: Path) -> int:
    """Check every checksum of a bag; how many files it holds.

    Raises
    ------
    FormatError
        If it is no bag, or a file is missing, changed, or not listed.
    """
    try:
        listed = {}
        for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
            for line in (folder / name).read_text().splitlines():
                digest, _, path = line.partition("  ")
                listed[path] = digest
    except (OSError, UnicodeDecodeError) as exc:
        raise FormatError(f"{folder} is no bag: it has no list of checksums.") from exc
    there = {p.relative_to(folder).as_posix() for p in (folder / PAYLOAD).rglob("*") if p.is_file()}
    for path, digest in listed.items():
        place = folder / path
        if ".." in Path(path).parts or not place.is_file() or checksum(place) != digest:
            raise FormatError(f"{path} in {folder} is missing or was changed: copy the bag again.")
    if extra := there - set(listed):
        raise FormatError(f"{min(extra)} in {folder} is not in its list: copy the bag again.")
    return len(there)


def _lines(folder: Path, files: list[Path]) -> str:
    return "".join(f"{checksum(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
