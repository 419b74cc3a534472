"""The application: its pages, its API, and the queue that runs beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from mien import __version__
from mien.web.http import heads
from mien.web.http.access import ENTER, LOG_IN, Access, Guard, refusal
from mien.web.http.calling import CAMERA, Calling, calling
from mien.web.http.desk import Desk
from mien.web.http.extracting import extracting
from mien.web.http.judging import judging
from mien.web.http.problems import answer_problems
from mien.web.http.rating import rating
from mien.web.http.reviews import REVIEWS, Reviews
from mien.web.http.routes import api
from mien.web.http.screening import screening
from mien.web.http.serving import Serving
from mien.web.http.studies import Studies
from mien.web.http.study_making import StudyMaking
from mien.web.queue.capacity import Capacity
from mien.web.queue.damage import explained, understood
from mien.web.queue.folders import Folders
from mien.web.queue.log import Log
from mien.web.queue.places import data_folder
from mien.web.queue.probing import Upload, look
from mien.web.queue.recovery import recover
from mien.web.queue.store import Store
from mien.web.queue.supervisor import Supervisor

PAGES = {
    "/": "deidentify",
    "/record": "record",
    "/live": "live",
    "/compare": "compare",
    "/evidence": "evidence",
    "/encounter": "encounter",
    "/release": "release",
    "/study": "study",
    "/review": "review",
}
"""Addresses of the pages, and what their files are called."""
_RECORD = "/record"
_LONGEST_FORM = 4096  # bytes
_MOST_TRYING = 8  # passwords that wait to be looked at


def create_app(
    serving: Serving,
    access: Access,
    *,
    looker: Callable[[Path], Upload] | None = None,
    working: bool = True,
    capacity: Capacity | None = None,
) -> FastAPI:
    """Set up the data folder and the application.

    Parameters
    ----------
    serving : Serving
        How the server is run.
    access : Access
        Who may ask.
    looker : callable, optional
        Says what an upload is; `mien.web.queue.probing.look` if not given.
    working : bool
        Whether worker processes are run.
    capacity : Capacity, optional
        How much may wait.

    Raises
    ------
    OutputError
        If the data folder cannot be used.
    DatabaseError
        If the list of clips is damaged, or not mien's.
    FormatError
        If a folder that is given as a study or a review holds none.
    """
    studies = Studies(serving.studies)
    folders = Folders(data_folder(serving.data))
    folders.make()
    reviews = Reviews(serving.reviews, folders.data / REVIEWS)
    store = Store(folders.database, capacity=capacity)
    with understood(folders.database):
        store.create()
        store.projects.all(), store.clips.listing(), store.jobs.listing(), store.removed()
    found = recover(folders, store)
    store.projects.first("Clips")
    for project in store.projects.all():
        folders.open_project(project.id)
    supervisor, calls = Supervisor(folders, store, serving), Calling()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if working:
            try:
                with explained(folders.database):
                    await run_in_threadpool(supervisor.start)
            except Exception as error:
                app.state.failure = error  # uvicorn ends without a word
                raise
        yield
        await calls.close()
        if working:
            await run_in_threadpool(supervisor.stop)
        store.close()

    app = FastAPI(
        title="mien",
        summary="De-identify clinical videos on this computer.",
        version=__version__,
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.store, app.state.folders, app.state.supervisor = store, folders, supervisor
    app.state.recovery, app.state.failure, app.state.calls = found, None, calls
    log = Log(folders.log)
    answer_problems(app, log)
    looking = looker or partial(look, log=log)
    making = StudyMaking(folders.data, studies, log)
    app.state.making = making
    desk = Desk(serving, folders, store, looking, found, studies, making, reviews, calls)
    app.include_router(api(desk))
    app.include_router(rating(studies))
    app.include_router(judging(studies))
    app.include_router(screening(reviews))
    app.include_router(calling(calls))
    app.include_router(extracting(reviews))
    _add_doors(app, access)

    _add_pages(app)
    app.mount("/static", StaticFiles(directory=heads.PAGES))
    app.add_middleware(Guard, access=access)
    return app


def _add_pages(app: FastAPI) -> None:
    def add(path: str, name: str) -> None:
        @app.get(path, include_in_schema=False)
        def page() -> HTMLResponse:
            headers = {"Permissions-Policy": CAMERA} if path == _RECORD else None
            return HTMLResponse(heads.whole(name), headers=headers)

    for path, name in PAGES.items():
        add(path, name)


def _add_doors(app: FastAPI, access: Access) -> None:
    """The two addresses that need no session, because they open one."""

    one_at_a_time, trying = asyncio.Lock(), 0

    def welcome(secret: str) -> Response:
        response = RedirectResponse("/", 303)
        access.give(response, secret)
        return response

    @app.get(ENTER, include_in_schema=False)
    def enter(request: Request, token: str = "") -> Response:
        if access.knows(request.cookies.get(access.cookie)):
            return RedirectResponse("/", 303)  # opened again where it was opened before
        secret = access.enter(token)
        if secret is None:
            return refusal(
                ENTER,
                401,
                "no_token",
                "This address was used already or is too old: go back to the window where it was "
                "opened, or start mien serve again.",
            )
        return welcome(secret)

    @app.get(LOG_IN, include_in_schema=False)
    def form() -> Response:
        if not access.has_password:
            return refusal(LOG_IN, 404, "no_password", "There is no password to log in with.")
        return HTMLResponse(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>mien</title>'
            '<h1>mien</h1><form method="post"><label>Password '
            '<input name="password" type="password" autofocus required></label> '
            "<button>Log in</button></form>"
        )

    @app.post(LOG_IN, include_in_schema=False)
    async def log_in(request: Request) -> Response:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > _LONGEST_FORM:
                return refusal(LOG_IN, 413, "too_large", "That is no password.")
        fields = parse_qs(body.decode("utf-8", "replace"))
        nonlocal trying
        if trying >= _MOST_TRYING:
            return refusal(
                LOG_IN, 429, "too_many", "Too many attempts at once: wait, then try again."
            )
        trying += 1
        try:
            async with one_at_a_time:  # waiting takes no thread from the pages
                secret = await run_in_threadpool(access.log_in, fields.get("password", [""])[0])
        finally:
            trying -= 1
        if secret is None:
            return refusal(LOG_IN, 401, "wrong_password", "Wrong password: go back and try again.")
        return welcome(secret)
