"""Whether the card says who agreed to what."""

from __future__ import annotations

from mien.release.checks.base import Check
from mien.release.package import Package


def check(package: Package) -> list[Check]:
    """Whether consent is stated."""
    if package.typed["consent"]:
        return []
    return [
        Check(
            "consent", "warn", "no_consent",
            "The card says that consent is not stated: write who agreed to what.",
        )
    ]  # fmt: skip
