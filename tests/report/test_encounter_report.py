"""The page of an encounter: what was found, no original, nothing from outside."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from io import BytesIO

import av
import cv2
import numpy as np
import pytest

from encounters import SIZE, clip, encounter
from mien.encounter.feedback import feedback_on
from mien.encounter.observation import ROLES
from mien.encounter.result import Encounter
from mien.errors import OutputError
from mien.report.copies import copy_of
from mien.report.drawing import Drawing
from mien.report.encounter import page as report
from mien.report.encounter.page import Videos, write
from mien.report.language import untold

VOID = {"meta", "img", "br", "link", "input"}
PATIENT = [(4, 10, "sadness"), (13, 20, "fear")]


class Page(HTMLParser):
    """Elements, text and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.text += data

    def all(self, tag, **wanted):
        return [
            attributes
            for name, attributes in self.found
            if name == tag and all(attributes.get(k) == v for k, v in wanted.items())
        ]


@pytest.fixture(scope="module")
def found():
    one = encounter(
        [(6, 10, "happiness")], PATIENT, missing=[(21, 24)], offset=1.5,
        notes=("doctor-secretname.mp4 has no sound <here>.",),
    )  # fmt: skip
    return one, feedback_on(one)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    original = {
        role: clip(folder / f"{role}-secretname.mp4", seed=k) for k, role in enumerate(ROLES)
    }
    hidden = {}
    for k, role in enumerate(ROLES):
        hidden[role] = clip(folder / f"{role}.mp4", seed=10 + k, sound=False)
    return original, hidden


@pytest.fixture(scope="module")
def made(tmp_path_factory, found, videos):
    folder = tmp_path_factory.mktemp("report") / "report"
    original, hidden = videos
    write(*found, folder, videos=Videos(hidden, original, checked=True))
    return folder, (folder / "report.html").read_text()


@pytest.fixture
def undrawn(monkeypatch):
    """Without the figures, which take most of the time."""
    drawings = [Drawing("timeline", "A figure.", b"png", b"svg")]
    monkeypatch.setattr(report, "figures", lambda *of: iter(drawings))


def test_it_is_whole_and_fetches_nothing(made):
    _, text = made
    page = Page(text)
    assert not page.open
    policy = page.all("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
    assert policy.startswith("default-src 'none'")
    for _, attributes in page.found:
        for name in ("src", "href", "poster"):
            value = attributes.get(name) or ""
            assert not value or value.startswith(("data:", "#")), value[:60]
    assert not re.search(r"https?://|@import|url\(", text)
    scripts = re.findall(r"<script>(.*?)</script>", text, re.S)
    assert scripts
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_the_timelines_hold_every_spell_at_its_time(made):
    page = Page(made[1])
    plots = page.all("svg")
    assert len(plots) == 2
    sad = page.all("rect", **{"class": "e-sadness"})
    assert [(float(r["x"]), float(r["width"])) for r in sad] == [(4, 6)]
    missing = page.all("rect", **{"class": "missing"})
    assert [(float(r["x"]), float(r["width"])) for r in missing] == [(24, 2), (21, 3), (24, 2)]
    assert "not assessed, the head is turned away" in page.text


def test_feedback_stands_there_with_its_evidence(made, found):
    page = Page(made[1])
    said = found[1]
    assert len(said) >= 2
    for item in said:
        assert item.words in page.text
        assert item.source in page.text
    seeks = [b for b in page.all("button") if "seek" in (b.get("class") or "")]
    assert {float(b["data-time"]) for b in seeks} == {item.start for item in said}
    assert json.loads((made[0] / "feedback.json").read_text()) == [
        json.loads(json.dumps(item.as_dict())) for item in said
    ]


def test_the_tables_are_the_encounters(made, found):
    folder, text = made
    page = Page(text)
    entry = found[0].tables["comparison"]["seconds"]
    assert f"χ²({entry['degrees']}) = {entry['chi2']:.2f}" in page.text
    assert f"Cramér's V = {entry['cramers_v']:.2f}" in page.text
    assert entry["caution"].split(";")[0] in page.text
    names = {path.name for path in (folder / "tables").iterdir()}
    assert names == {
        "timelines.csv", "counts.csv", "comparison.csv", "durations.csv", "episodes.csv",
        "transitions.csv", "synchrony.csv", "latency.csv", "feedback.csv",
    }  # fmt: skip
    lines = (folder / "tables/timelines.csv").read_text().splitlines()
    assert len(lines) == 1 + 52
    assert lines[-1].startswith("25,patient,,,")  # nothing is made up where nothing was seen


def test_the_folder_reads_back(made, found):
    back = Encounter.load(made[0])
    for role in ROLES:
        assert (back.timelines[role].dominant == found[0].timelines[role].dominant).all()
    assert {path.suffix for path in (made[0] / "figures").iterdir()} == {".png", ".svg"}


def test_limits_are_said_and_nobody_is_judged(made):
    text = Page(made[1]).text
    for words in ("hypomimia", "Masks", "culture", "Article 5(1)(f)", "no score of a person"):
        assert words in text
    assert not re.search(r"\b(patient|doctor) (is|was|feels|felt) (angry|sad|afraid|happy)", text)


def clips_in(text):
    return {
        role: base64.b64decode(data)
        for role, data in re.findall(
            r'<script type="text/plain" id="clip-(\w+)">(.*?)</script>', text, re.S
        )
    }


def test_it_shows_the_deidentified_videos_and_no_original(made, videos):
    folder, text = made
    original, hidden = videos
    shown = clips_in(text)
    assert set(shown) == set(ROLES)
    for role, data in shown.items():
        with av.open(BytesIO(data)) as container:
            assert [stream.type for stream in container.streams] == ["video"]
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert len(frames) == 20
        for source, near in ((hidden[role], True), (original[role], False)):
            with av.open(str(source)) as container:
                first = next(container.decode(video=0)).to_ndarray(format="rgb24")
            assert (np.abs(frames[0].astype(int) - first).mean() < 8) == near
    player = json.loads(re.search(r'id="player-data">(.*?)</script>', text).group(1))
    assert player["clips"] == {"doctor": 0, "patient": 1.5}
    assert (player["start"], player["end"]) == (0, 26)
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"secretname" not in everything


def test_notes_are_text_not_markup(made):
    assert "The doctor's recording has no sound <here>." in Page(made[1]).text
    assert "<here>" not in made[1]


def test_without_videos_there_is_none(undrawn, tmp_path, found):
    write(*found, tmp_path / "report", videos=Videos(why_missing="Nobody was found."))
    text = (tmp_path / "report" / "report.html").read_text()
    page = Page(text)
    assert not page.all("video") and not clips_in(text)
    assert "Nobody was found." in page.text
    assert "SHOWS THE PEOPLE" not in text
    assert not re.search(r"data:image/jpeg", text)


def test_originals_are_shown_only_if_asked_for_and_called_so(undrawn, tmp_path, found, videos):
    original, hidden = videos
    write(*found, tmp_path / "report", videos=Videos(hidden, original, include_original=True))
    text = (tmp_path / "report" / "report.html").read_text()
    page = Page(text)
    assert page.all("title")
    assert text.count("SHOWS THE PEOPLE") >= 4
    assert {video["width"] for video in page.all("video")} == {str(2 * SIZE)}


def test_a_video_that_was_not_checked_is_called_so(undrawn, tmp_path, found, videos):
    write(*found, tmp_path / "report", videos=Videos(videos[1]))
    assert "was not checked here" in (tmp_path / "report" / "report.html").read_text()


def test_an_older_report_stays_unless_asked(undrawn, tmp_path, found):
    write(*found, tmp_path / "report")
    with pytest.raises(OutputError, match="not empty"):
        write(*found, tmp_path / "report")
    write(*found, tmp_path / "report", overwrite=True)


def test_an_encounter_in_which_nothing_was_seen(tmp_path):
    empty = encounter(seconds=8, missing=[(0, 8)])
    write(empty, feedback_on(empty), tmp_path / "report")
    page = Page((tmp_path / "report" / "report.html").read_text())
    assert not page.open
    assert "0 % of the patient's time could be assessed" in page.text
    assert "too little was seen" in page.text


def test_a_copy_is_small_silent_and_begins_at_zero(tmp_path):
    source = clip(tmp_path / "a.mp4", seconds=3, seed=5)
    small = copy_of(source)
    assert small.video is not None
    with av.open(BytesIO(small.video)) as container:
        assert not container.streams.audio
        times = [frame.time for frame in container.decode(video=0)]
    assert times[0] == 0
    assert times == pytest.approx([k / 10 for k in range(30)], abs=0.001)
    still = cv2.imdecode(np.frombuffer(small.still, np.uint8), cv2.IMREAD_COLOR)
    assert still.shape[:2] == (small.height, small.width)
    assert copy_of(source, budget=500).video is None


def test_it_is_german_to_the_last_word(tmp_path, found):
    said = feedback_on(found[0], language="de")
    with untold() as left:
        write(found[0], said, tmp_path / "de", language="de")
    names = re.compile(
        r"mien \d.*|\$.*\$|.*secretname.*|.*turned away|.*most present"
        r"|(?:Boker|Back|Baile|Cramér)\b.*\d{4}.*"  # authors, title and place stay as they are
    )
    assert {one for one in left if not names.fullmatch(one)} == set()
    text = (tmp_path / "de" / "report.html").read_text("utf-8")
    assert '<html lang="de">' in text
    assert "Nichts hier sagt, was jemand fühlte" in text
