"""Whether a part of the names of files is in what is passed on."""

from __future__ import annotations

from mien.release.checks.base import Check
from mien.release.package import Package
from mien.release.searching import search
from mien.release.words import found_in, texts_in


def check(package: Package) -> list[Check]:
    """Whether words of the names of files are in what is passed on."""
    checks = [
        Check(
            "names", "fail", "name_typed",
            f"The {what} holds “{word}”, which is in the name of a file: use other words.",
            {"where": what, "word": word},
        )
        for what, text in package.typed.items()
        for word in found_in(text, package.words)[:1]
    ]  # fmt: skip
    both = list(dict.fromkeys([*package.words, *package.elsewhere]))
    for name, content in package.documents.items():
        text = "\n".join(texts_in(content))
        if found := found_in(text, both):
            checks.append(_named(name, found[0]))
    for clip in package.clips:
        where = f"{clip.name}.mp4"
        searched = search(clip.packed, both)
        if searched.words:
            checks.append(_named(where, searched.words[0]))
        elif not searched.read:
            checks.append(
                Check(
                    "names", "fail", "name_unread",
                    f"{where} cannot be read, so nothing is known of what it holds: make the clip "
                    "again.",
                    {"where": where},
                )
            )  # fmt: skip
    return checks or [
        Check(
            "names", "pass", "names_none",
            "No part of the names of your files is in the package.",
        )
    ]  # fmt: skip


def _named(where: str, word: str) -> Check:
    return Check(
        "names", "fail", "name_inside",
        f"{where} holds “{word}”, which is in the name of a file or folder: make the clip again "
        "under a neutral name, in folders with neutral names.",
        {"where": where, "word": word},
    )  # fmt: skip
