"""Networks and other data that ship with mien and with packages, checked by their sums."""

from __future__ import annotations

import base64
import hashlib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import mien
from mien.advice import checkout
from mien.cli.doctor.check import Check
from mien.outputs import checksum

ASSETS = Path(mien.__file__).parent / "assets"
SUMS = "SHA256SUMS"
"""The list of sums among the assets, as ``sha256sum`` writes it."""
_MODELS = (".dat",)
_PACKAGES = {"face_recognition_models": "recognition"}


def sums_of(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder, by its place in it, but for the list itself."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    return {
        path.relative_to(folder).as_posix(): checksum(path)
        for path in files
        if "__pycache__" not in path.parts
    }


def check_models() -> list[Check]:
    """Mien's own files, then those in packages."""
    return [_own(), *(_package(name, use) for name, use in _PACKAGES.items())]


def _own() -> Check:
    name = "of mien"
    try:
        lines = (ASSETS / SUMS).read_text(encoding="utf-8").splitlines()
    except OSError:
        return Check("models", name, "broken", "the list of sums is missing", _again("mien"))
    wanted = {place: found for found, place in (line.split("  ", 1) for line in lines)}
    there = sums_of(ASSETS)
    bad = sorted(place for place, found in wanted.items() if there.get(place) != found)
    if bad:
        return Check("models", name, "broken", f"damaged or missing: {_few(bad)}", _again("mien"))
    size = sum((ASSETS / place).stat().st_size for place in wanted) / 1e6
    return Check("models", name, "ok", f"{len(wanted)} files, {size:.0f} MB, all sums right")


def _package(package: str, use: str) -> Check:
    """Files of a package against the sums that its wheel was published with."""
    name = f"of {package}"
    try:
        files = distribution(package).files or []
    except PackageNotFoundError:
        return Check("models", name, "broken", f"not installed: {use}", _again(package))
    wanted = [one for one in files if one.suffix in _MODELS]
    bad = []
    for one in wanted:
        path = Path(str(one.locate()))
        if not path.is_file():
            bad.append(one.name)
        elif one.hash is not None and one.hash.mode == "sha256":
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").digest()
            if base64.urlsafe_b64encode(found).rstrip(b"=").decode() != one.hash.value:
                bad.append(one.name)
    if bad or not wanted:
        words = f"damaged or missing: {_few(bad)}" if bad else "no models in it"
        return Check("models", name, "broken", words, _again(package))
    return Check("models", name, "ok", f"{len(wanted)} files for {use}, all sums right")


def _few(names: list[str]) -> str:
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")


def _again(package: str) -> str:
    if package == "mien" and checkout() is not None:
        return "get the files of the checkout again: git checkout -- src/mien/assets"
    return f"pip install --force-reinstall --no-deps {package}"
