"""The page: nothing of the original in it, nothing from outside, and it says what was found."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from io import BytesIO
from itertools import islice

import av
import cv2
import numpy as np
import pytest
from evidence_of import ORIGINAL, RESULT, blind, clip, evidence, reading, verdict

from mien.errors import OutputError
from mien.evidence.metrics import Metrics
from mien.fidelity.worst import Moment
from mien.report.evidence import page
from mien.report.evidence.figures import figures
from mien.report.evidence.page import write
from mien.report.evidence.pictures import pictures
from mien.report.evidence.results import write_cohort, write_comparison
from mien.report.evidence.verdict import verdict_in_words
from mien.video import VideoInfo, Writer

VOID = {"meta", "img", "br", "link", "input"}


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

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One evidence and its report, without the original."""
    folder = tmp_path_factory.mktemp("page")
    one = evidence(folder)
    with pytest.MonkeyPatch.context() as patch:  # a few figures: they have tests of their own
        patch.setattr(page, "figures", lambda *given: islice(figures(*given), 3))
        write(one, folder / "report")
    return one, folder / "report"


@pytest.fixture
def few_figures(monkeypatch):
    """Leave out the still figures, which have tests of their own."""
    monkeypatch.setattr(page, "figures", lambda evidence, curves: iter(()))
    monkeypatch.setattr(page, "plotly_script", lambda: "window.Plotly = null;")


def colours(data: bytes) -> list[np.ndarray]:
    """Mean colour of each picture of a clip, left half and right half."""
    with av.open(BytesIO(data)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    middle = frames[0].shape[1] // 2
    return [
        np.array([half.mean((0, 1)) for half in (f[:, : middle - 4], f[:, middle + 4 :])])
        for f in frames
    ]


def near(colour, wanted) -> bool:
    return float(np.abs(np.asarray(colour) - wanted).max()) < 12


def test_page_is_whole_and_asks_nothing_of_the_network(made):
    text = (made[1] / "report.html").read_text()
    page = Page(text)
    assert not page.open
    for _, attributes in page.found:
        for name in ("src", "href", "poster", "data"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:", "#")), value
    rule = next(a for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in rule["content"]
    scripts = re.findall(r"<script>(.*?)</script>", text, re.S)
    assert len(scripts) == 2
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in rule["content"]


def test_pictures_are_described(made):
    page = Page((made[1] / "report.html").read_text())
    assert page.all("img") and all(a["alt"] for a in page.all("img"))
    assert page.all("html")[0]["lang"] == "en"


def test_verdict_and_lines_stand_in_words(made):
    one, folder = made
    text = Page((folder / "report.html").read_text()).text
    held = sum(line.passed is True for line in one.lines)
    asked = sum(line.passed is not None for line in one.lines)
    assert re.search(rf"(All )?{held}\b.* requirements of the profile “generic” hold", text)
    assert held <= asked
    asks = f"The profile asks: “{one.metrics.profile['title']}”."
    assert asks in text  # what is asked is no finding
    for line in one.lines:
        assert line.ask.says in text and line.ask.wanted in text and line.ask.source in text
    assert text.count("✓ holds") == held


def test_what_is_read_first_stands_first(made):
    html = (made[1] / "report.html").read_text()
    headings = [a.get("id") for a in Page(html).all("h2")]
    assert headings[:3] == ["verdict", "m-asked", "moments"]
    assert html.count("who was asked, and whether they recognise the patient</caption>") == len(
        {each["person"] for each in made[0].metrics.measures["privacy"]["people"]}
    )


def test_text_is_escaped(made):
    html = (made[1] / "report.html").read_text()
    assert "A &lt;note&gt; &amp; more." in html and "King, dlib &lt;2017&gt;" in html


def test_original_is_nowhere(made):
    one, folder = made
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"secret-name" not in content, path
            assert str(one.original.parent).encode() not in content, path
    html = (folder / "report.html").read_text()
    assert "SHOWS THE PATIENT" not in Page(html).text
    data = re.search(r'id="clip">([^<]+)<', html)
    frames = colours(base64.b64decode(data.group(1)))
    assert len(frames) == len(one.partner)
    assert all(near(half, RESULT) for frame in frames for half in frame)
    for uri in re.findall(r"data:image/(?:png|jpeg);base64,([^\"]+)", html):
        image = cv2.imdecode(np.frombuffer(base64.b64decode(uri), np.uint8), cv2.IMREAD_COLOR)
        apart = np.abs(image[:, :, ::-1].astype(int) - ORIGINAL).max(2)
        assert (apart < 12).mean() < 0.001


def test_original_stands_beside_the_result_if_asked(tmp_path, few_figures):
    one = evidence(tmp_path, seconds=0.4)
    moment = replace_moment(one, 2)
    write(moment, tmp_path / "out", include_original=True)
    html = (tmp_path / "out" / "report.html").read_text()
    page = Page(html)
    assert "SHOWS THE PATIENT" in page.text[:300]
    assert '@top-center { content: "SHOWS THE PATIENT"' in html
    frames = colours(base64.b64decode(re.search(r'id="clip">([^<]+)<', html).group(1)))
    assert all(near(left, ORIGINAL) and near(right, RESULT) for left, right in frames)
    alts = [a["alt"] for a in page.all("img")]
    assert any("The original at" in alt for alt in alts)
    assert any("The result at" in alt for alt in alts)


def replace_moment(one, frame):
    time = float(one.readings.original.times[frame])
    return replace(one, moments=(Moment(frame, time, "mouth", "It <differs>.", 9.0),))


def test_moments_have_thumbnails_of_the_result(tmp_path, few_figures):
    one = replace_moment(evidence(tmp_path, seconds=0.4), 3)
    write(one, tmp_path / "out")
    page = Page((tmp_path / "out" / "report.html").read_text())
    button = next(a for a in page.all("button") if a.get("class") == "seek")
    assert float(button["data-time"]) == pytest.approx(3 / 15, abs=1e-3)
    pictures = [a for a in page.all("img") if a["alt"].startswith("The ")]
    assert [a["alt"] for a in pictures] == ["The result at 0.20 s"]
    assert json.loads((tmp_path / "out" / "metrics.json").read_text())["moments"][0]["frame"] == 3


def test_result_that_failed_the_audit_is_not_shown(tmp_path, few_figures):
    one = evidence(tmp_path, seconds=0.4, seen=verdict(nearest=0.5))
    write(one, tmp_path / "out")
    html = (tmp_path / "out" / "report.html").read_text()
    assert "<video" not in html and "data:image" not in html
    assert "The audit did not pass" in html


def test_same_file_is_not_shown(tmp_path, few_figures):
    one = evidence(tmp_path, seconds=0.4)
    one.metrics.about["deidentified_sha256"] = one.metrics.about["original_sha256"]
    write(one, tmp_path / "out")
    assert "<video" not in (tmp_path / "out" / "report.html").read_text()


def test_name_of_the_result_that_tells_the_original_is_left_out(tmp_path, few_figures):
    one = evidence(tmp_path, seconds=0.4, name="Secret-Name_deid.mp4")
    write(one, tmp_path / "out")
    assert (
        json.loads((tmp_path / "out" / "metrics.json").read_text())["about"]["deidentified"] is None
    )
    assert "Secret-Name" not in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize("only", ["privacy", "fidelity"])
def test_half_an_evidence_gives_a_report(tmp_path, few_figures, only):
    write(evidence(tmp_path, seconds=0.4, only=only), tmp_path / "out")
    page = Page((tmp_path / "out" / "report.html").read_text())
    headings = [a.get("id") for a in page.all("h2")]
    assert ("m-privacy" in headings) == (only == "privacy")
    assert ("m-dynamics" in headings) == (only == "fidelity")
    assert ("was not measured" in page.text) == (only == "fidelity")


@pytest.mark.parametrize("frames", [1, 2])
def test_very_short_clips_say_what_is_not_measurable(tmp_path, few_figures, frames):
    write(evidence(tmp_path, seconds=frames / 15), tmp_path / "out")
    text = Page((tmp_path / "out" / "report.html").read_text()).text
    assert "not measurable" in text and "at least 10 frames" in text


def test_result_without_a_face(tmp_path, few_figures):
    one = evidence(tmp_path, seconds=2, other=blind(reading(2)))
    write(one, tmp_path / "out")
    page = Page((tmp_path / "out" / "report.html").read_text())
    assert "no face is found in the result" in page.text
    assert "not measurable" in page.text


def test_frames_that_the_result_lacks_are_left_out(tmp_path):
    one = evidence(tmp_path, seconds=0.4)
    partner = np.array([0, 1, -1, 2, 3, -1])
    found = pictures(replace(one, partner=partner))
    assert found.frames.tolist() == [0, 1, 3, 4]
    assert found.times == pytest.approx(one.readings.original.times[[0, 1, 3, 4]])


def test_copy_stays_within_its_budget(tmp_path):
    one = evidence(tmp_path, seconds=1)
    noise = np.random.default_rng(0)
    one.deidentified.unlink()
    with Writer(one.deidentified, VideoInfo(160, 120, Fraction(1, 15)), crf=10) as writer:
        for k in range(15):
            writer.write(noise.integers(0, 255, (120, 160, 3), dtype=np.uint8), k)
        writer.commit()
    free, tight = pictures(one), pictures(one, budget=30_000)
    assert len(free.video) > 30_000 >= len(tight.video)
    assert pictures(one, budget=100).video is None


def test_folder_in_the_way_is_left_alone(tmp_path, few_figures):
    one = evidence(tmp_path, seconds=0.2)
    place = tmp_path / "out"
    place.mkdir()
    (place / "mine.txt").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(OutputError):
            write(one, place, overwrite=overwrite)
    assert [p.name for p in place.iterdir()] == ["mine.txt"]
    with pytest.raises(OutputError):
        write(one, tmp_path / "missing" / "out")


def test_report_is_replaced_if_asked(tmp_path, few_figures):
    one = evidence(tmp_path, seconds=0.2)
    write(one, tmp_path / "out")
    (tmp_path / "out" / "mine.txt").write_text("mine")
    old = (tmp_path / "out" / "report.html").stat().st_ino
    with pytest.raises(OutputError):
        write(one, tmp_path / "out")
    write(one, tmp_path / "out", overwrite=True)
    assert (tmp_path / "out" / "report.html").stat().st_ino != old
    assert (tmp_path / "out" / "mine.txt").read_text() == "mine"


def test_nothing_half_remains(tmp_path, few_figures, monkeypatch):
    one = evidence(tmp_path, seconds=0.2)
    before = {p.name for p in tmp_path.iterdir()}

    def fail(*args):
        raise RuntimeError("stop")

    monkeypatch.setattr(page, "tables", fail)
    with pytest.raises(RuntimeError):
        write(one, tmp_path / "out")
    assert {p.name for p in tmp_path.iterdir()} == before


def figures_of(r_x: float, nearest: float, passed: bool = True) -> dict:
    return {
        "dynamics": {"r_x": r_x, "ceiling": {"r_x": 0.95}},
        "privacy": {"nearest": nearest, "ceiling": {"nearest": 0.05}},
        "profile": {"passed": passed},
    }


def test_comparison_keeps_the_order_and_marks_the_best(tmp_path):
    rows = [
        {"engine": "mesh", "metrics": figures_of(0.8, 0.7)},
        {"engine": "blur", "metrics": figures_of(0.9, 0.4)},
        {"engine": "mask", "metrics": None, "error": "It <failed>."},
    ]
    write_comparison(rows, tmp_path / "out")
    content = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert [row["engine"] for row in content["rows"]] == ["mesh", "blur", "mask"]
    assert [row["best"] for row in content["rows"]] == [["privacy.nearest"], ["dynamics.r_x"], []]
    assert content["ceiling"] == {"dynamics.r_x": 0.95, "privacy.nearest": 0.05}
    html = (tmp_path / "out" / "comparison.html").read_text()
    assert not Page(html).open and "It &lt;failed&gt;." in html
    assert html.count('class="best"') == 2
    lines = (tmp_path / "out" / "comparison.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["engine", "mesh", "blur", "mask", "ceiling"]
    with pytest.raises(OutputError):
        write_comparison(rows, tmp_path / "out")
    write_comparison(rows, tmp_path / "out", overwrite=True)


def test_comparison_of_nothing(tmp_path):
    write_comparison([{"engine": "mask", "metrics": None, "error": "No."}], tmp_path / "out")
    assert "No." in (tmp_path / "out" / "comparison.html").read_text()


def test_cohort_links_each_clip_and_prints_the_tests(tmp_path):
    pairs = {key: np.full(1275, 0.95) for key in ("r_x", "r_y", "r_cca")}
    rows = [
        {"clip": "a b", "metrics": figures_of(0.8, 0.7), "pairs": pairs},
        {"clip": "c", "metrics": figures_of(0.9, 0.4, False), "pairs": None},
        {"clip": "d", "metrics": None, "error": "It failed."},
    ]
    test = {
        "measure": "rate", "n": 2, "mean_original": 12.0, "mean_result": 11.0, "difference": -1.0,
        "interval": [-2.0, 0.5], "t": -1.5, "p": 0.0001, "wilcoxon_p": None,
    }  # fmt: skip
    write_cohort(rows, [test], tmp_path)
    page = Page((tmp_path / "cohort.html").read_text())
    assert not page.open
    assert [a["href"] for a in page.all("a")] == ["a%20b/report.html", "c/report.html"]
    assert "1 of 3 clips holds every requirement" in page.text
    assert "< 0.001" in page.text and "It failed." in page.text
    assert json.loads((tmp_path / "cohort.json").read_text())["tests"] == [test]
    assert (tmp_path / "tests.csv").read_text().splitlines()[1].startswith("rate,2,12,11,-1,")
    assert "brows and lips" in page.text and "0.950 (100.0 %)" in page.text
    assert json.loads((tmp_path / "cohort.json").read_text())["dynamics_pooled"]["r_x"] == 0.95
    assert len((tmp_path / "matrices.csv").read_text().splitlines()) == 1276
    assert {path.suffix for path in tmp_path.glob("matrices.*")} == {".csv", ".png", ".svg"}


def test_clip_helper_draws_its_colour(tmp_path):
    frames = colours(clip(tmp_path / "c.mp4", 2, ORIGINAL).read_bytes())
    assert all(near(half, ORIGINAL) for frame in frames for half in frame)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([True, True], "All 2 requirements of the profile “p” hold."),
        ([True], "1 of 1 requirement of the profile “p” holds."),
        ([True, False, None], "1 of 2 requirements of the profile “p” holds; 1 does not; 1 does "
         "not apply to this clip."),
        ([None], "No requirement of the profile “p” applies to this clip."),
    ],
)  # fmt: skip
def test_verdict_counts_what_holds(made, answers, words):
    line = made[0].lines[0]
    lines = tuple(replace(line, passed=answer) for answer in answers)
    one = replace(made[0], lines=lines, metrics=Metrics(profile={"name": "p"}))
    assert verdict_in_words(one) == words


@pytest.mark.parametrize("shown", [False, True])
def test_a_report_to_share_has_no_checksum_of_the_original(tmp_path, shown):
    one = evidence(tmp_path, seconds=1)
    one.metrics.about["original_sha256"] = "f00d" * 16
    write(one, tmp_path / "report", include_original=shown)
    for name in ("report.html", "metrics.json"):
        assert ("f00d" * 16 in (tmp_path / "report" / name).read_text()) == shown
