"""Pages that somebody is let into by a personal link: raters', judges' and reviewers'."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from mien.web.http.access import refusal
from mien.web.http.heads import PAGES, whole
from mien.web.http.problems import Problem

_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_OF_ALL = ("dom.js", "words.js", "style.css", "icon.svg")


def nobody(whose: str, what: str, *things: str) -> None:
    """Tell nobody what is shown, where people have no accounts and there is no log."""


def add_page(
    router: APIRouter, name: str, of_link: Callable[[str], Any], files: str | None = None
) -> None:
    """Add a page that stands behind each personal link.

    Parameters
    ----------
    router : APIRouter
        Whose prefix is where the links lead.
    name : str
        Of the page's file, without its ending.
    of_link : callable
        Raises a `Problem` for what is no link.
    files : str, optional
        Address of the page's files, if it is another router's.
    """
    prefix = router.prefix
    place = files or f"{prefix}/static"

    @router.get("/{token}")
    def without_slash(token: str) -> Response:
        return RedirectResponse(f"{prefix}/{token}/", 308)

    @router.get("/{token}/")
    def page(token: str) -> Response:
        try:
            of_link(token)
        except Problem as problem:
            return refusal(prefix, problem.status, problem.code, problem.sentence)
        return HTMLResponse(whole(name, place), headers={"X-Robots-Tag": "noindex"})


def add_files(router: APIRouter, files: Collection[str]) -> None:
    """Add files of pages that need no session, beside those that all of them are made of.

    Parameters
    ----------
    router : APIRouter
    files : collection of str
        Names in the folder of pages; no other is sent.
    """
    opened = {*_OF_ALL, *files}

    @router.get("/static/{name:path}")
    def static(name: str) -> Response:
        if name not in opened:
            raise Problem(404, "not_found", "There is nothing at this address.")
        return FileResponse(PAGES / name, media_type=_KINDS[Path(name).suffix])
