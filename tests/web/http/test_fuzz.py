"""What the API's document allows, and what it forbids, is answered as the document says."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.transport.serialization import Binary
from watched import make_batch

from mien.errors import VideoError
from mien.review.living.review_folder import begin
from mien.review.living.update import Import, add
from mien.review.project.founding import Founding, begin_screening
from mien.review.protocol.protocol import published_text
from mien.review.records.record import Record
from mien.study.lineup_store import LineupStore, LineupTrial
from mien.study.shown import Shown
from mien.study.store import StudyStore
from mien.web.http.access import Access
from mien.web.http.app import create_app
from mien.web.http.batches import batch_id
from mien.web.http.reviews import review_id
from mien.web.http.serving import Serving
from mien.web.http.studies import study_id
from mien.web.queue.folders import COMPARE, FRAMES, MANIFEST, PREVIEW, RESULT, Folders
from mien.web.queue.probing import Upload
from mien.web.queue.store import Store
from mien.web.queue.tables import Clip, Job, Kind, Status

_PORT = 8000
_ORIGIN = f"http://127.0.0.1:{_PORT}"
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
_EXAMPLES = {GenerationMode.POSITIVE: 8, GenerationMode.NEGATIVE: 4}
_NEVER = {
    "DELETE /api/accounts/{account}",
    "DELETE /api/projects/{project}/shares/{account}",
    "POST /api/accounts",
    "PUT /api/accounts/{account}",
    "PUT /api/clips/{clip}/making",
    "PUT /api/me/password",
    "PUT /api/projects/{project}/owner",
    "PUT /api/projects/{project}/shares/{account}",
    "DELETE /api/live/{call}",
    "DELETE /api/reviews/exports/{export}",
    "GET /api/clips/{clip}/curves",
    "GET /api/clips/{clip}/people/{number}",
    "GET /api/clips/{clip}/try/{which}",
    "GET /api/reviews/exports/duplicates",
    "GET /api/works/{work}/release",
    "POST /api/clips/{clip}/redo",
    "GET /api/reviews/{review}/report",
    "GET /api/reviews/{review}/report.zip",
    "POST /api/clips/{clip}/cancel",
    "POST /api/clips/{clip}/cover",
    "POST /api/clips/{clip}/restore",
    "POST /api/clips/{clip}/uncover",
    "POST /api/encounters",
    "POST /api/glance",
    "POST /api/keys",
    "POST /api/lineups",
    "POST /api/lineups/{lineup}/report",
    "POST /api/recordings",
    "POST /api/recordings/{recording}/look",
    "POST /api/recordings/{recording}/{what}",
    "POST /api/releases",
    "POST /api/reviews",
    "POST /api/reviews/exports",
    "POST /api/reviews/{review}/update",
    "POST /api/studies",
    "POST /api/studies/items",
    "POST /api/studies/{study}/report",
    "PUT /api/reviews/exports/duplicates",
    "PUT /api/reviews/exports/{export}",
}
"""What no request drawn by chance succeeds at: it needs a video, a table, accounts, or
what the stock does not hold."""
_MEANS = {"clips": "clip", "doctor": "clip", "patient": "clip"}
_DEIDENTIFY = {
    **{"engine": "mesh", "surrogate": "auto", "match": "age", "people": "all"},
    **{"subject": None, "voice": "keep", "compare": True, "measure": None},
}
_MANIFEST = {
    "settings": {"engine": "mesh", "voice": "keep"},
    "input": {"sha256": "0" * 64, "width": 320, "height": 240, "codec": "h264", "losses": []},
    "output": {"sha256": "0" * 64, "frames": 10, "renderings": 1, "signed": False},
    "linkable": {"by_surrogate": False, "subject": None, "by_input_checksum": True},
    "ledger": {
        "counts": {"rendered": 9, "interpolated": 0, "covered": 1},
        "ranges": [
            {
                **{"entry": entry, "first_frame": first, "last_frame": last},
                **{"from_s": first / 10, "to_s": last / 10},
            }
            for entry, first, last in (("rendered", 0, 8), ("covered", 9, 9))
        ],
    },
    "privacy": [],
    "residual_faces": {"frames_searched": 3, "found": 0},
}
_LINE = {
    **{"key": "blink.f1", "says": "Blinks stay.", "kind": "min", "passed": True, "value": 1.0},
    **{"low": 0.9, "high": None, "unit": "", "words": "holds", "source": ""},
}
_FOUND: dict[Kind, dict[str, Any]] = {
    Kind.DEIDENTIFY: {
        **{"frames": 10, "ledger": {"rendered": 9, "interpolated": 0, "covered": 1}},
        **{"surrogates": ["man-fair-1"], "renderings": 1},
    },
    Kind.EVALUATE: {
        **{"passed": True, "headline": "All holds.", "profile": "generic", "title": "Generic"},
        **{"lines": [_LINE], "figures": {"blinks": 1.0}, "ceilings": {"blinks": None}},
    },
    Kind.ENCOUNTER: {"headline": "Both smile.", "analysed": "original"},
    Kind.RELEASE: {"passed": True, "checks": [], "files": [], "bytes": 2},
}
_FRAMES = (
    "frame,time_s,ear_right_original,ear_right_result,ear_left_original,ear_left_result,"
    "lip_gap_original,lip_gap_result\n"
    + "".join(f"{k},{k / 10},.3,.3,.3,,.1,.1\n" for k in range(10))
)


def look(path: Path) -> Upload:
    """Takes for a video what begins with the word."""
    if not path.read_bytes().startswith(b"video"):
        raise VideoError(f"{path} is no video: choose another file.")
    return Upload(320, 240, 10, 1.0)


def _study(folder: Path) -> Path:
    """A rating study that nobody has begun."""
    (folder / "report").mkdir(parents=True)
    (folder / "report" / "report.html").write_text("<!doctype html><title>report</title>")
    content = {"title": "S", "clips": ["p"], "repeats": 0, "washout_days": 0, "seed": 0}
    (folder / "study.json").write_text(json.dumps({**content, "items": [], "power": None}))
    StudyStore.create(folder, [(Shown("A", 0, 0, "p", "original", 0), "p.mp4")], {})
    return folder


def _review(folder: Path) -> Path:
    """A review of one record that two screen."""
    found = Record(title="Faces", abstract="Of people.", doi="10.1000/1", source="PubMed")
    came = Import("PubMed", "database", "a.ris", (found,))
    add(begin(published_text()), [came], "2021-09-30").save(folder)
    begin_screening(folder, Founding(("Ada", "Ben"), "Cy"))
    return folder


def _lineup(folder: Path) -> Path:
    """A line-up that nobody has begun."""
    (folder / "report").mkdir(parents=True)
    (folder / "report" / "report.html").write_text("<!doctype html><title>report</title>")
    content = {"title": "L", "clips": ["p"], "controls": "cohort", "seed": 0, "names": {}}
    (folder / "lineup.json").write_text(json.dumps(content))
    LineupStore.create(folder, [LineupTrial("A", 0, "inner", "p", (("p.jpg", "result"),))])
    return folder


class Stock:
    """An application in which there is something of everything, and what its pages ask."""

    def __init__(self, data: Path) -> None:
        study = _study(data.with_name(f"{data.name}-study"))
        lineup = _lineup(data.with_name(f"{data.name}-lineup"))
        review = _review(data.with_name(f"{data.name}-review"))
        batch = make_batch(data.with_name(f"{data.name}-batch"))
        serving = Serving(
            data=data, largest=1000, studies=(study, lineup), reviews=(review,), batches=(batch,)
        )
        access = Access(serving, _PORT)
        app = create_app(serving, access, looker=look, working=False)
        self.document = app.openapi
        self.store: Store = app.state.store
        self.folders: Folders = app.state.folders
        self.client = TestClient(
            app,
            base_url=_ORIGIN,
            headers={"Origin": _ORIGIN},
            follow_redirects=False,
            raise_server_exceptions=False,
        )
        assert self.client.get("/enter", params={"token": access.token}).status_code == 303
        home = self.store.projects.all()[0].id
        empty = self.store.projects.add("empty")
        self.folders.open_project(empty.id)
        whole = self._clip("whole", home, Status.DONE)
        bare = self._clip("bare", home, Status.DONE, kept=False)
        lost = self._clip("lost", home, Status.DONE, files=False)
        clips = [whole, bare, lost, *(self._clip(status, home, status) for status in Status)]
        works = [
            self._work(kind, home, whole, status)
            for kind in (Kind.EVALUATE, Kind.ENCOUNTER, Kind.RELEASE)
            for status in (Status.DONE, Status.FAILED)
        ]
        works.append(self._work(Kind.COVER, home, bare, Status.RUNNING))
        self.ids = {
            "project": [home, empty.id],
            "clip": [clip.id for clip in clips],
            "work": [work.id for work in works],
            "surrogate": ["man-fair-1"],
            "study": [study_id(study)],
            "lineup": [study_id(lineup)],
            "review": [review_id(review)],
            "batch": [batch_id(batch)],
            "clip_name": ["case-1"],
            "table": ["batch.csv"],
        }

    def _clip(
        self, name: str, home: str, status: str, *, kept: bool = True, files: bool = True
    ) -> Clip:
        folders = self.folders
        clip = Clip(
            id=self._name(),
            project_id=home,
            name=f"{name}.mp4",
            **{"after": "ask", "size": 5, "frames": 10, "seconds": 1.0},
            **{"width": 320, "height": 240},
        )
        self.store.clips.add(clip, _DEIDENTIFY, 1 if status == Status.QUEUED else 0)
        self._bring(clip.id, status, _FOUND[Kind.DEIDENTIFY])
        clip = self.store.clips.get(clip.id)
        folders.original(clip).write_bytes(b"video")
        if clip.run is not None and files:
            folders.run(clip).mkdir(parents=True)
            times = {"times": [frame / 10 for frame in range(10)]}
            for file, content in (
                *((RESULT, "video"), (PREVIEW, "picture"), (COMPARE, "video")),
                *((MANIFEST, json.dumps(_MANIFEST)), (FRAMES, json.dumps(times))),
            ):
                (folders.run(clip) / file).write_text(content)
        if not kept:
            folders.forget_original(clip)
            self.store.clips.original_deleted(clip.id)
        return clip

    def _work(self, kind: Kind, home: str, clip: Clip, status: str) -> Job:
        wanted = {"profile": "generic"} if kind == Kind.EVALUATE else {}
        columns = {"project_id": home, "name": "work", "clips": [clip.id], "wanted": wanted}
        urgency = 1 if status == Status.QUEUED else 0
        work = self.store.jobs.add(kind, id=self._name(), **columns, urgency=urgency)
        self._bring(work.id, status, _FOUND.get(kind, {}) | {"result_run": clip.run})
        work = self.store.jobs.get(work.id)
        if status == Status.DONE:
            report = self.folders.run(work) / "report"
            report.mkdir(parents=True)
            (report / "frames.csv").write_text(_FRAMES)
            (report / "report.html").write_text("<!doctype html><title>report</title>")
            (report / "metrics.json").write_text("{}")
            (report.parent / "release.zip").write_bytes(b"PK")
        return work

    def _name(self) -> str:
        return f"{len(self.store.jobs.listing()):032x}"

    def _bring(self, job: str, status: str, found: dict[str, Any]) -> None:
        """Let a new job get as far as that."""
        if status == Status.CANCELLED:
            self.store.jobs.ask_to_cancel(job)
        elif status != Status.QUEUED:
            taken = self.store.held.take(job)  # the most urgent
            assert taken is not None and taken.id == job
            if status == Status.DONE:
                assert self.store.held.finish(job, job, found)
            elif status == Status.FAILED:
                assert self.store.held.fail(job, job, "It failed: try again.", "unexpected")
            else:
                self.store.held.note(job, job, stage="rendering", done=3, total=10, fps=2.0)

    def aim(self, data: st.DataObject, name: str, value: Any) -> Any:
        """Mostly put ids of what there is where a request names something."""
        if isinstance(value, dict):
            return {key: self.aim(data, key, one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.aim(data, name, one) for one in value]
        known = self.ids.get(_MEANS.get(name, name))
        if known and isinstance(value, str) and data.draw(st.integers(0, 3)):
            return data.draw(st.sampled_from(known))
        if isinstance(value, Binary) and data.draw(st.booleans()):
            return Binary(b"video" + value.data)
        return value


def test_every_answer_is_one_that_the_document_describes(tmp_path, subtests):
    read = Stock(tmp_path / "read")
    schema = schemathesis.openapi.from_dict(read.document())
    asked, succeeded = [], set()
    with read.client:
        for found in schema.get_all_operations():
            operation = found.ok()
            asked.append(operation.label)
            with subtests.test(operation.label), ExitStack() as stack:
                stock = read
                if operation.method != "get":
                    stock = Stock(tmp_path / str(len(asked)))
                    stack.enter_context(stock.client)
                for mode, examples in _EXAMPLES.items():
                    if mode == GenerationMode.POSITIVE or operation.query or operation.body:
                        if ask_often(operation, stock, mode, examples):
                            succeeded.add(operation.label)
    assert set(asked) - succeeded <= _NEVER


def data_of(request: dict[str, Any]) -> bytes | None:
    content = request.get("data")
    return content.data if isinstance(content, Binary) else content


def ask_often(operation: Any, stock: Stock, mode: GenerationMode, examples: int) -> bool:
    """Whether some of the requests that a strategy makes succeeded."""
    statuses: set[int] = set()

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        case.path_parameters = stock.aim(data, "", case.path_parameters)
        case.query = stock.aim(data, "", case.query)
        case.body = stock.aim(data, "", case.body)
        request = case.as_transport_kwargs(base_url=_ORIGIN)
        answer = stock.client.request(
            request["method"],
            request["url"],
            params=request.get("params"),
            json=request.get("json"),
            content=data_of(request),
            headers=case.headers,
        )
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=_CHECKS)
        assert str(stock.folders.data) not in answer.text

    try:
        ask()
    except Unsatisfiable:
        assert mode == GenerationMode.NEGATIVE  # nothing that it is sent can be wrong
    return any(status < 300 for status in statuses)
