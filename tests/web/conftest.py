"""An application with a session, without workers and without real videos."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from department import PASSWORD, PEOPLE, Department
from fastapi.testclient import TestClient
from watched import make_batch

from mien.errors import VideoError
from mien.web.http.access import Access
from mien.web.http.app import create_app
from mien.web.http.serving import Serving
from mien.web.queue import passwords
from mien.web.queue.capacity import Capacity
from mien.web.queue.folders import Folders
from mien.web.queue.probing import Upload
from mien.web.queue.store import Store
from mien.web.queue.tables import Clip

PORT = 8000
ORIGIN = f"http://127.0.0.1:{PORT}"


class Clock:
    """A time that tests set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Application:
    """What tests ask and look into."""

    app: object
    access: Access
    clock: Clock

    @property
    def store(self) -> Store:
        return self.app.state.store  # type: ignore[attr-defined]

    @property
    def folders(self) -> Folders:
        return self.app.state.folders  # type: ignore[attr-defined]

    def client(self) -> TestClient:
        """A browser without a session that sends the origin of the pages."""
        return TestClient(
            self.app,  # type: ignore[arg-type]
            base_url=ORIGIN,
            headers={"Origin": ORIGIN},
            follow_redirects=False,
            raise_server_exceptions=False,
        )

    def files(self) -> list[str]:
        """All files below the projects."""
        root = self.folders.data / "projects"
        return sorted(path.name for path in root.rglob("*") if path.is_file())


def look(path: Path) -> Upload:
    """Takes for a video what begins with the word."""
    if not path.read_bytes().startswith(b"video"):
        raise VideoError(f"{path} is no video: choose another file.")
    return Upload(320, 240, 10, 1.0)


@pytest.fixture
def make_application(tmp_path) -> Callable[..., Application]:
    def make(
        looker: Callable[[Path], Upload] = look, capacity: Capacity | None = None, **settings
    ) -> Application:
        serving = Serving(data=tmp_path / "data", **settings)
        clock = Clock()
        access = Access(serving, PORT, clock, sleep=lambda seconds: None)
        app = create_app(serving, access, looker=looker, working=False, capacity=capacity)
        return Application(app, access, clock)

    return make


@pytest.fixture
def application(make_application) -> Application:
    return make_application(largest=1000)


@pytest.fixture
def browser(application) -> Iterator[TestClient]:
    """A browser that opened the printed address."""
    with application.client() as client:
        assert client.get("/enter", params={"token": application.access.token}).status_code == 303
        yield client


@pytest.fixture
def make_department(make_application, tmp_path, monkeypatch) -> Callable[..., Department]:
    """Makes a department of the accounts of `department.PEOPLE`."""
    monkeypatch.setattr(passwords, "COST", 16)  # passwords are made in no time

    def make(**settings) -> Department:
        folders = Folders(tmp_path / "data")
        folders.make()
        store = Store(folders.database)
        store.create()
        for name, role in PEOPLE.items():
            store.accounts.add(name, role, PASSWORD)
        store.close()
        settings.setdefault("batches", (make_batch(tmp_path / "cohort-of-all"),))
        return Department(make_application(**settings))

    return make


@pytest.fixture
def department(make_department) -> Department:
    return make_department(largest=1000)


@pytest.fixture
def queue(tmp_path) -> Store:
    """An empty queue in a data folder of its own."""
    folders = Folders(tmp_path)
    store = Store(folders.database)
    store.create()
    folders.open_project(store.projects.first("Clips").id)
    return store


@pytest.fixture
def put(queue, tmp_path) -> Callable[..., str]:
    """Queues a clip and returns its id; without a file its original holds its name."""

    def put(name: str, original: Path | None = None, **wanted) -> str:
        settings = {
            **{"engine": "mesh", "surrogate": "auto", "match": "age", "people": "all"},
            **{"subject": None, "voice": "keep", "compare": False, "measure": None},
        }
        columns = {"after": "ask"}
        for key, value in wanted.items():
            (settings if key in settings else columns)[key] = value
        clip = Clip(
            id=f"{len(queue.jobs.listing()):032x}",
            project_id=queue.projects.all()[0].id,
            name=name,
            size=1,
            width=320,
            height=240,
            frames=10,
            seconds=1.0,
            **columns,
        )
        queue.clips.add(clip, settings)
        content = name.encode() if original is None else original.read_bytes()
        Folders(tmp_path).original(clip).write_bytes(content)
        return clip.id

    return put
