"""A department: people with accounts, and a project in which there is something of everything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient

from mien.study.lineup_store import LineupStore, LineupTrial
from mien.study.shown import Shown
from mien.study.store import StudyStore
from mien.web.http.studies import study_id
from mien.web.queue.folders import COMPARE, FRAMES, MANIFEST, PREVIEW, RESULT, TRIED, person_picture
from mien.web.queue.tables import Clip, Job, Kind, Right, Role

PASSWORD = "a password of tests"
FILE = "Jane Doe 1970.mp4"
"""What the original was called: readers must never see it."""
NOTE = "Mrs Doe came late"
WANTED = {
    **{"engine": "mesh", "surrogate": "auto", "match": "age", "people": "all", "voice": "mute"},
    **{"subject": None, "compare": True, "measure": None, "reason": NOTE},
}
PEOPLE = {
    "ann": Role.ADMIN,
    "owner": Role.WORKER,
    "helper": Role.WORKER,
    "guest": Role.WORKER,
    "outsider": Role.WORKER,
    "reader": Role.READER,
    "stranger": Role.READER,
}
"""Accounts: `helper` works in the owner's project, `guest` and `reader` see its results."""
_LINE = {
    **{"key": "blink.f1", "says": "Blinks stay.", "kind": "fidelity", "passed": True, "value": 1.0},
    **{"low": 0.9, "high": None, "unit": "", "words": "holds", "source": ""},
}
FOUND: dict[Kind, dict[str, Any]] = {
    Kind.DEIDENTIFY: {
        **{"frames": 10, "ledger": {"rendered": 10, "interpolated": 0, "covered": 0}},
        **{"surrogates": ["man-fair-1"], "renderings": 1},
    },
    Kind.EVALUATE: {
        **{"passed": True, "headline": "All holds.", "profile": "generic", "title": "Generic"},
        **{"lines": [_LINE], "figures": {"blinks": 1.0}, "ceilings": {"blinks": None}},
    },
    Kind.RELEASE: {
        **{"passed": True, "files": [], "bytes": 2},
        "checks": [{"name": "names", "passed": False, "words": f"{FILE} is in it."}],
    },
    Kind.PEOPLE: {"people": [{"number": 1, "box": [0, 0, 1, 1]}]},
    Kind.TRY: {},
}
_FRAMES = (
    "frame,time_s,ear_right_original,ear_right_result,ear_left_original,ear_left_result,"
    "lip_gap_original,lip_gap_result\n"
    + "".join(f"{k},{k / 10},.3,.3,.3,,.1,.1\n" for k in range(10))
)
_MANIFEST = {
    "settings": {"engine": "mesh"},
    "ledger": {
        "counts": {"rendered": 10},
        "ranges": [
            {
                **{"entry": "rendered", "first_frame": 0, "last_frame": 9},
                **{"from_s": 0.0, "to_s": 0.9},
            }
        ],
    },
}


@dataclass
class Department:
    """An application with people, and one project of the owner's."""

    application: Any
    """As `make_application` makes it."""

    def __post_init__(self) -> None:
        self.store, self.folders = self.application.store, self.application.folders
        accounts = self.store.accounts
        self.ids = {one.name: one.id for one in accounts.all()}
        project = self.store.projects.add("Tremor", owner=self.ids["owner"])
        self.folders.open_project(project.id)
        accounts.share(project.id, self.ids["helper"], Right.WORK)
        accounts.share(project.id, self.ids["guest"], Right.READ)
        accounts.share(project.id, self.ids["reader"], Right.READ)
        self.project, self.clip = project.id, self._clip(project.id)
        self.works = {
            kind: self._work(kind)
            for kind in (Kind.EVALUATE, Kind.RELEASE, Kind.PEOPLE, Kind.TRY, Kind.ENCOUNTER)
        }
        self.study, self.lineup = self._study(), self._lineup()
        (self.batch,) = self.application.app.state.batches.all()
        self._browsers: dict[str, TestClient] = {}

    def browser(self, name: str) -> TestClient:
        """A browser in which somebody is logged in."""
        if name not in self._browsers:
            client = self.application.client()
            answer = client.post("/login", data={"name": name, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            self._browsers[name] = client
        return self._browsers[name]

    def bring(self, job: str, found: dict[str, Any]) -> None:
        """Let a job that waits be done."""
        taken = self.store.held.take("w")
        assert taken is not None and taken.id == job
        assert self.store.held.finish(job, "w", found)

    def _clip(self, project: str) -> Clip:
        clip = Clip(
            id="c" * 32,
            project_id=project,
            name=FILE,
            note=NOTE,
            **{"after": "ask", "size": 5, "frames": 10, "seconds": 1.0, "width": 320},
            height=240,
        )
        self.store.clips.add(clip, WANTED)
        self.bring(clip.id, FOUND[Kind.DEIDENTIFY])
        made = self.store.clips.get(clip.id)
        self.folders.original(made).write_bytes(b"video")
        self.folders.run(made).mkdir(parents=True)
        times = {"times": [frame / 10 for frame in range(10)]}
        for file, content in (
            *((RESULT, "video"), (PREVIEW, "picture"), (COMPARE, "both")),
            *((MANIFEST, json.dumps(_MANIFEST)), (FRAMES, json.dumps(times))),
        ):
            (self.folders.run(made) / file).write_text(content)
        return made

    def _work(self, kind: Kind) -> Job:
        job = self.store.jobs.add(
            kind,
            id=f"{len(self.store.jobs.listing()):032x}",
            project_id=self.project,
            name="2 clips" if kind == Kind.RELEASE else FILE,
            clips=[self.clip.id],
            wanted={"profile": "generic"},
        )
        self.bring(job.id, FOUND.get(kind, {}) | {"result_run": self.clip.run})
        done = self.store.jobs.get(job.id)
        report = self.folders.run(done) / "report"
        (report / "tables").mkdir(parents=True)
        (report / "tables" / "frames.csv").write_text(_FRAMES)
        (report / "report.html").write_text("<!doctype html><title>report</title>")
        (report / "metrics.json").write_text("{}")
        for name in ("release.zip", person_picture(1), TRIED, "was.jpg"):
            (report.parent / name).write_bytes(b"PK")
        return done

    def _study(self) -> str:
        folder = self.folders.data / "studies" / ("5" * 32)
        (folder / "report").mkdir(parents=True)
        (folder / "report" / "report.html").write_text("<!doctype html>")
        content = {"title": FILE, "clips": ["p"], "repeats": 0, "washout_days": 0, "sound": False}
        (folder / "study.json").write_text(
            json.dumps({**content, "items": [], "power": None, "seed": 0})
        )
        StudyStore.create(folder, [(Shown("A", 0, 0, "p", "original", 0), "p.mp4")], {})
        self.application.app.state.studies.add(folder, self.ids["owner"])
        return study_id(folder)

    def _lineup(self) -> str:
        folder = self.folders.data / "studies" / ("6" * 32)
        (folder / "report").mkdir(parents=True)
        (folder / "report" / "report.html").write_text("<!doctype html>")
        content = {"title": FILE, "clips": ["p"], "controls": "cohort", "seed": 0, "names": {}}
        (folder / "lineup.json").write_text(json.dumps(content))
        LineupStore.create(folder, [LineupTrial("A", 0, "inner", "p", (("p.jpg", "result"),))])
        self.application.app.state.studies.add(folder, self.ids["owner"])
        return study_id(folder)
