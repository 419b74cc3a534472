"""Whole pages: what every page begins and ends with, around what is its own."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

PAGES = Path(__file__).parents[1] / "pages"
"""Where the pages' files lie: what is between a page's head and end, its script, its style."""
_IMPORT = re.compile(r'from "\./([\w/-]+\.js)"')
_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{robots}<title>{title}</title>
<link rel="icon" href="{files}/icon.svg">
<link rel="stylesheet" href="{files}/style.css">
<link rel="stylesheet" href="{files}/{name}.css">
{modules}<script type="module" src="{files}/{name}.js"></script>
</head>
<body>
"""
_END = """<noscript>This page needs JavaScript. / Diese Seite braucht JavaScript.</noscript>
</body>
</html>
"""
_ROBOTS = '<meta name="robots" content="noindex">\n'


@cache
def whole(name: str, files: str = "/static") -> str:
    """A page as it is sent.

    Every module that it runs is asked for at once, not one after the other as each is read.

    Parameters
    ----------
    name : str
        Of the page's files, without their endings.
    files : str
        Address below which they are sent; pages of personal links are named to no search engine.
    """
    title = "mien" if name == "deidentify" or files != "/static" else f"mien: {name.capitalize()}"
    modules = [f'<link rel="modulepreload" href="{files}/{each}">\n' for each in imported(name)]
    head = _HEAD.format(
        name=name,
        files=files,
        title=title,
        modules="".join(modules),
        robots="" if files == "/static" else _ROBOTS,
    )
    return head + (PAGES / f"{name}.html").read_text(encoding="utf-8") + _END


def imported(name: str) -> list[str]:
    """Modules that the script of a page runs, without it."""
    found: list[str] = []

    def follow(file: str) -> None:
        for other in _IMPORT.findall((PAGES / file).read_text(encoding="utf-8")):
            if other not in found:
                found.append(other)
                follow(other)

    follow(f"{name}.js")
    return found
