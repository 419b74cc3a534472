"""What every route needs of an account: one list, and what is not in it is refused.

It counts where people have accounts; without, whoever has a session may do everything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from mien.web.http.access import BY_LINK
from mien.web.http.visitor import Need
from mien.web.queue.tables import Right, Role

_OPEN = Need(None)
_ANYBODY, _WORKER, _ADMIN = (Need(role) for role in Role)
_READ = Need(Role.READER, Right.READ)
_WORK = Need(Role.WORKER, Right.WORK)
_OWN = Need(Role.WORKER, Right.OWN)
_MINE = Need(Role.WORKER, mine=True)


def _logged(need: Need, what: str) -> Need:
    return Need(need.role, need.right, need.mine, what)


_PAGES = {
    **dict.fromkeys(("/", "/compare", "/evidence", "/encounter", "/release", "/batches"), _ANYBODY),
    **dict.fromkeys(("/record", "/live", "/study", "/review"), _WORKER),
    "/accounts": _ANYBODY,
}
_CLIPS = {
    "GET /clips": _READ,
    "POST /clips": _logged(_WORK, "upload"),
    "DELETE /originals": _logged(_WORK, "originals removed"),
    "GET /clips/{clip}": _READ,
    "DELETE /clips/{clip}": _logged(_WORK, "clip removed"),
    "POST /clips/{clip}/remove": _logged(_WORK, "clip removed"),
    "POST /clips/{clip}/restore": _logged(_WORK, "clip restored"),
    "POST /clips/{clip}/cancel": _WORK,
    "POST /clips/{clip}/again": _WORK,
    "DELETE /clips/{clip}/original": _logged(_WORK, "original removed"),
    "GET /clips/{clip}/result": _logged(_READ, "result downloaded"),
    "GET /clips/{clip}/manifest": _logged(_READ, "manifest downloaded"),
    "GET /clips/{clip}/preview": _READ,
    "GET /results.zip": _logged(_READ, "result downloaded"),
    "PUT /clips/{clip}/description": _WORK,
    "GET /keys.csv": _logged(_WORK, "keys downloaded"),
    "POST /keys": _logged(_WORK, "keys taken"),
    "GET /clips/{clip}/people": _WORK,
    "POST /clips/{clip}/people": _WORK,
    "GET /clips/{clip}/people/{number}": _logged(_WORK, "person seen"),
    "POST /clips/{clip}/try": _WORK,
    "GET /clips/{clip}/try/{which}": _logged(_WORK, "moment seen"),
    "POST /clips/{clip}/portrait": _logged(_WORK, "portrait uploaded"),
    "DELETE /clips/{clip}/portrait": _logged(_WORK, "portrait removed"),
    "PUT /clips/{clip}/making": _WORK,
    "POST /clips/{clip}/redo": _WORK,
    "POST /clips/{clip}/choose": _logged(_WORK, "result chosen"),
    "POST /clips/{clip}/move": _WORK,
    "POST /clips/{clip}/uncover": _WORK,
    "GET /clips/{clip}/compare": _logged(_WORK, "compare seen"),
    "GET /clips/{clip}/watch": _READ,
    "GET /clips/{clip}/frames": _READ,
    "GET /clips/{clip}/works": _READ,
    "GET /clips/{clip}/curves": _READ,
    "POST /clips/{clip}/cover": _WORK,
    "POST /clips/{clip}/evaluate": _WORK,
    "GET /clips/{clip}/evidence": _READ,
}
_PROJECTS = {
    "GET /projects": _ANYBODY,
    "POST /projects": _logged(_WORKER, "project added"),
    "PUT /projects/{project}": _OWN,
    "DELETE /projects/{project}": _logged(_OWN, "project removed"),
    "GET /projects/{project}/shares": _OWN,
    "PUT /projects/{project}/shares/{account}": _logged(_OWN, "project shared"),
    "DELETE /projects/{project}/shares/{account}": _logged(_OWN, "project no longer shared"),
    "PUT /projects/{project}/owner": _logged(
        Need(Role.ADMIN, Right.OWN), "project given to another"
    ),
    "GET /works": _READ,
    "GET /works/{work}": _READ,
    "POST /works/{work}/cancel": _WORK,
    "DELETE /works/{work}": _logged(_WORK, "work removed"),
    "GET /works/{work}/report": _READ,
    "GET /works/{work}/metrics": _logged(_READ, "figures downloaded"),
    "GET /works/{work}/release": _logged(_READ, "release downloaded"),
    "GET /use": _READ,
    "GET /cohort": _READ,
    "GET /cohort.csv": _logged(_READ, "figures downloaded"),
    "POST /encounters": _WORK,
    "GET /releases/contents": _WORK,
    "POST /releases": _WORK,
}
_OF_ALL = {
    "GET /queue": _ANYBODY,
    "GET /options": _ANYBODY,
    "GET /recovery": _ANYBODY,
    "GET /surrogates": _ANYBODY,
    "GET /surrogates/{surrogate}/picture": _ANYBODY,
    "POST /glance": _WORKER,
}
_OF_NO_PROJECT = {
    "GET /studies": _WORKER,
    "GET /studies/items": _WORKER,
    "POST /studies/items": _WORKER,
    "GET /studies/making": _WORKER,
    "POST /studies": _logged(_WORK, "study made"),
    "POST /studies/{study}/report": _MINE,
    "GET /studies/{study}/report": _MINE,
    "GET /studies/{study}/ratings.csv": _logged(_MINE, "answers downloaded"),
    "GET /studies/{study}/ratings.parquet": _logged(_MINE, "answers downloaded"),
    "GET /lineups": _WORKER,
    "POST /lineups": _logged(_WORK, "study made"),
    "POST /lineups/{lineup}/report": _MINE,
    "GET /lineups/{lineup}/report": _MINE,
    "GET /lineups/{lineup}/trials.csv": _logged(_MINE, "answers downloaded"),
    "GET /live": _WORKER,
    "POST /live": _logged(_WORKER, "call made"),
    "DELETE /live/{call}": _MINE,
    "GET /recordings/protocols": _WORKER,
    "POST /recordings": _logged(_WORKER, "recording begun"),
    "POST /recordings/{recording}/look": _MINE,
    "POST /recordings/{recording}/{what}": _MINE,
    # literature: there is no patient in a review, and a department screens together
    **dict.fromkeys(
        (
            *("GET /reviews", "POST /reviews", "GET /reviews/protocol"),
            *("GET /reviews/protocol.toml", "GET /reviews/exports", "POST /reviews/exports"),
            *("PUT /reviews/exports/{export}", "DELETE /reviews/exports/{export}"),
            *("GET /reviews/exports/duplicates", "PUT /reviews/exports/duplicates"),
            *("POST /reviews/{review}/update", "POST /reviews/{review}/report"),
            *("GET /reviews/{review}/report", "GET /reviews/{review}/report.zip"),
            "GET /reviews/{review}/text.zip",
        ),
        _WORKER,
    ),
}
_BATCHES = {  # whoever starts the server shows them to everybody, by pseudonyms
    "GET /batches": _ANYBODY,
    "GET /batches/{batch}": _ANYBODY,
    "GET /batches/{batch}/tasks": _ANYBODY,
    "GET /batches/{batch}/report/cohort.html": _ANYBODY,
    "GET /batches/{batch}/report/{table}": _logged(_ANYBODY, "figures downloaded"),
    "GET /batches/{batch}/evidence/{clip_name}/report.html": _ANYBODY,
    "GET /batches/{batch}/manifests/{clip_name}": _logged(_ANYBODY, "manifest downloaded"),
}
_OF_ACCOUNTS = {
    "GET /me": _ANYBODY,
    "PUT /me/password": _logged(_ANYBODY, "password changed"),
    "POST /me/leave": _logged(_ANYBODY, "logout"),
    "GET /colleagues": _WORKER,
    "GET /accounts": _ADMIN,
    "POST /accounts": _logged(_ADMIN, "account added"),
    "PUT /accounts/{account}": _logged(_ADMIN, "account changed"),
    "DELETE /accounts/{account}": _logged(_ADMIN, "account removed"),
    "GET /department": _ADMIN,
    "GET /log": _ADMIN,
    "GET /log.csv": _logged(_ADMIN, "log downloaded"),
}
NEEDS: dict[str, Need] = {
    **dict.fromkeys(("GET /enter", "GET /login", "POST /login", "GET /login/style.css"), _OPEN),
    **{f"GET {path}": need for path, need in _PAGES.items()},
    **{
        f"{method} /api{path}": need
        for group in (_CLIPS, _PROJECTS, _OF_ALL, _OF_NO_PROJECT, _BATCHES, _OF_ACCOUNTS)
        for (method, path), need in ((key.split(" "), need) for key, need in group.items())
    },
}
"""Needs of routes, by method and address."""


def of_route(method: str, path: str) -> Need | None:
    """What a route needs; None of one that does not say, which is refused."""
    if path.startswith(BY_LINK):  # the link is the key
        return _OPEN
    return NEEDS.get(f"{method} {path}")


def of_endpoints(app: FastAPI) -> dict[Callable[..., Any], Need | None]:
    """Needs of all routes of an application, by what answers them."""
    found: dict[Callable[..., Any], Need | None] = {}
    for one in iter_route_contexts(app.routes):
        if one.endpoint is not None and one.path is not None:
            for method in one.methods or ():
                found[one.endpoint] = of_route(method, one.path)
    return found
