"""How whoever reads a sentence gets a package that is missing: by `make` in a checkout, else by
pip."""

from __future__ import annotations

import sys
from pathlib import Path

_TARGETS = {
    "reports": "app",
    "web": "app",
    "study": "study",
    "review": "review",
    "dicom": "dicom",
    "live": "live",
    "train": "train-setup",
}
"""Of `make`, that bring an extra; the others come by pip alone."""


def checkout() -> Path | None:
    """The folder of the checkout that this program runs from; None where mien is installed."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "Makefile").is_file() and (root / "pyproject.toml").is_file() else None


def to_get(extra: str) -> str:
    """The command that brings an extra of mien, as whoever runs this program types it.

    Parameters
    ----------
    extra : str
        As in ``pyproject.toml``.
    """
    root = checkout()
    if root is None:
        return f'pip install "mien[{extra}]"'
    if extra in _TARGETS and Path(sys.prefix).resolve().is_relative_to(root):  # what make sets up
        return f"make {_TARGETS[extra]}"
    return f'pip install -e "{"." if Path.cwd() == root else root}[{extra}]"'
