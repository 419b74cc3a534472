"""What `mien --version` says: the version, and what it found around it."""

from __future__ import annotations

import platform

from mien import __version__
from mien.advice import checkout


def lines() -> list[str]:
    """The version first, for programs; then the system and the extras."""
    from mien.cli.doctor.machine import extras

    root = checkout()
    found = extras()
    there = [name for name, missing in sorted(found.items()) if not missing]
    away = [name for name, missing in sorted(found.items()) if missing]
    told = [
        f"mien {__version__}",
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        "installed" if root is None else f"from the checkout {root}",
        f"extras: {', '.join(there) or 'none'}",
    ]
    if away:
        told.append(f"not installed: {', '.join(away)} (mien doctor says how to get them)")
    return told
