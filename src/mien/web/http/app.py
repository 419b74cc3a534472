"""The application: its pages, its API, and the queue that runs beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from fastapi import Depends, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from mien import __version__
from mien.errors import ParameterError
from mien.web.http import heads
from mien.web.http.access import Access, Guard
from mien.web.http.batches import Batches
from mien.web.http.calling import CAMERA, Calling, calling
from mien.web.http.desk import Desk
from mien.web.http.doorkeeper import Doorkeeper, Needs, enter
from mien.web.http.doors import LoggingIn, add_doors
from mien.web.http.extracting import extracting
from mien.web.http.judging import judging
from mien.web.http.personal import nobody
from mien.web.http.problems import answer_problems
from mien.web.http.rating import rating
from mien.web.http.record import Record
from mien.web.http.reviews import REVIEWS, Reviews
from mien.web.http.routes import api
from mien.web.http.screening import screening
from mien.web.http.serving import Serving
from mien.web.http.studies import Studies
from mien.web.http.study_making import StudyMaking
from mien.web.http.tries import Tries
from mien.web.queue.capacity import Capacity
from mien.web.queue.damage import explained, understood
from mien.web.queue.folders import Folders
from mien.web.queue.log import Log
from mien.web.queue.places import data_folder
from mien.web.queue.probing import Upload, look
from mien.web.queue.quota import Quota
from mien.web.queue.recovery import recover
from mien.web.queue.store import Store
from mien.web.queue.supervisor import Supervisor
from mien.web.queue.tables import Account, Role

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
    "/batches": "batches",
    "/accounts": "accounts",
}
"""Addresses of the pages, and what their files are called."""
_RECORD = "/record"


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
        If a folder that is given as a study, a review or a batch holds none.
    ParameterError
        If people shall log in by name and there is no account.
    """
    studies, batches = Studies(serving.studies), Batches(serving.batches)
    folders = Folders(data_folder(serving.data))
    folders.make()
    reviews = Reviews(serving.reviews, folders.data / REVIEWS)
    store = Store(folders.database, capacity=capacity)
    with understood(folders.database):
        store.create()
        store.projects.all(), store.clips.listing(), store.jobs.listing(), store.removed()
    access.by_name = _by_name(serving, store)
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
        dependencies=[Depends(enter)],
    )
    app.state.needs = Needs(app)
    app.state.store, app.state.folders, app.state.supervisor = store, folders, supervisor
    app.state.recovery, app.state.failure, app.state.calls = found, None, calls
    log = Log(folders.log)
    answer_problems(app, log)
    looking = looker or partial(look, log=log)
    studies.made = store.accounts.take
    making = StudyMaking(folders.data, studies, log)
    app.state.making, app.state.studies, app.state.batches = making, studies, batches
    desk = Desk(
        *(serving, folders, store, looking, found, studies, making, reviews, calls),
        quota=Quota(folders, store, serving.quota, serving.quota_each),
        batches=batches,
        by_name=access.by_name,
    )
    app.include_router(api(desk))
    record = Record(store.audit, access.clock)
    shown = record.by_link if access.by_name else nobody
    app.include_router(rating(studies, shown=shown))
    app.include_router(judging(studies, shown=shown))
    app.include_router(screening(reviews))
    app.include_router(calling(calls))
    app.include_router(extracting(reviews))
    begin = partial(_begin, store, folders)
    add_doors(app, access, LoggingIn(access, store, Tries(access.clock), record.tried, begin))

    _add_pages(app)
    app.mount("/static", StaticFiles(directory=heads.PAGES))
    app.add_middleware(Doorkeeper, access=access, accounts=store.accounts, record=record)
    app.add_middleware(Guard, access=access)  # the last one is the outermost
    return app


def _by_name(serving: Serving, store: Store) -> bool:
    """Whether people log in with accounts of their own.

    Raises
    ------
    ParameterError
        If they shall, or once did, and there are none; or if there is a password for everybody
        besides.
    """
    if store.accounts.any():
        if serving.password is not None:
            raise ParameterError(
                "There are accounts in this folder, and people log in by name: leave "
                "--password-file out."
            )
        return True
    if serving.accounts or store.audit.begun:
        raise ParameterError(
            f"There are no accounts in {serving.data}: add an admin with mien users add NAME "
            "--role admin, and --data if it is another folder."
        )
    return False


def _begin(store: Store, folders: Folders, account: Account) -> None:
    """Have somebody who makes clips have a project to make them in."""
    if account.role != Role.READER and not store.accounts.rights(account):
        folders.open_project(store.projects.add("Clips", owner=account.id).id)


def _add_pages(app: FastAPI) -> None:
    def add(path: str, name: str) -> None:
        @app.get(path, include_in_schema=False)
        def page() -> HTMLResponse:
            headers = {"Permissions-Policy": CAMERA} if path == _RECORD else None
            return HTMLResponse(heads.whole(name), headers=headers)

    for path, name in PAGES.items():
        add(path, name)
