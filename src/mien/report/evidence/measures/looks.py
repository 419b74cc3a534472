"""Looks: whether the new face looks as if it had been filmed."""

from __future__ import annotations

from typing import Any

from mien.report.evidence.agreement import agreement
from mien.report.sections import Section


def section(content: dict[str, Any]) -> Section:
    """What was found, in words and figures."""
    return Section(
        "looks",
        "Looks",
        "Whether the face looks filmed: an edge that was not there, skin smoother or crisper than "
        "the neck's, skin that flickers, an expression that cannot be read any more.",
        (agreement("Surface", "looks", content, ("seam", "grain", "flicker", "as_sure")),),
        (),
        (f"The surface was seen in {content.get('frames', 0)} frames.",),
        content.get("citation", ""),
    )
