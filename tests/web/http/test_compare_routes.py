"""What the page Compare asks: pictures in pieces, times of frames, curves, and covering."""

from __future__ import annotations

import csv
import io
import json
import math
from fractions import Fraction

import numpy as np
import pytest

from mien.video import Reader, Writer
from mien.video.frame import VideoInfo
from mien.web.http.routes.compare import MOST_POINTS, thin
from mien.web.http.viewing import hidden
from mien.web.queue.folders import COMPARE, FRAMES, MANIFEST, RESULT
from mien.web.queue.tables import Kind

HEADER = (
    "frame,time_s,ear_right_original,ear_left_original,lip_gap_original,"
    "ear_right_result,ear_left_result,lip_gap_result"
)

FOUND = {"frames": 4, "ledger": {"rendered": 4}, "surrogates": ["c01"], "renderings": 1}


def ranges(*entries):
    """A ledger of frames that are each called what is said."""
    found = []
    for n, entry in enumerate(entries):
        if found and found[-1]["entry"] == entry:
            found[-1]["last_frame"] = n
        else:
            found.append({"entry": entry, "first_frame": n, "last_frame": n})
    return found


@pytest.fixture
def done(browser, application):
    """Makes a clip that is done, with files as given, and returns its id."""

    def make(times=(0.0, 0.1, 0.2, 0.4), ledger=None, **files):
        clip = browser.post("/api/clips", params={"name": "a.mp4"}, content=b"video").json()["id"]
        taken = application.store.held.take("worker")
        folder = application.folders.run(taken)
        folder.mkdir(parents=True)
        ledger = ledger or ranges(*["rendered"] * len(times))
        (folder / FRAMES).write_text(json.dumps({"times": times}))
        (folder / MANIFEST).write_text(json.dumps({"ledger": {"ranges": ledger}}))
        for name, content in {RESULT: b"result", COMPARE: b"compare", **files}.items():
            (folder / name).write_bytes(content)
        assert application.store.held.finish(clip, "worker", FOUND)
        return clip

    return make


@pytest.fixture
def measure(application):
    """Lets a clip be measured with these rows, of the result that it has or of another."""

    def make(clip, rows, result_run=None, moments=""):
        store, folders = application.store, application.folders
        project = store.clips.get(clip).project_id
        work = f"measured{len(store.jobs.listing())}"
        store.jobs.add(
            Kind.EVALUATE, id=work, project_id=project, name="a", clips=[clip], wanted={}
        )
        report = folders.run(store.held.take("worker")) / "report" / "tables"
        report.mkdir(parents=True)
        text = io.StringIO()
        text.write(HEADER + "\n")
        csv.writer(text, lineterminator="\n").writerows(rows)
        (report / "frames.csv").write_text(text.getvalue())
        (report / "moments.csv").write_text("frame,time_s,kind,words,weight\n" + moments)
        found = {"result_run": result_run or store.clips.get(clip).run}
        assert store.held.finish(work, "worker", found)
        return work

    return make


# --- watching ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "content", "said"),
    [
        ("bytes=0-", b"compare", "bytes 0-6/7"),
        ("bytes=2-3", b"mp", "bytes 2-3/7"),
        ("bytes=5-100", b"re", "bytes 5-6/7"),
        ("bytes=-3", b"are", "bytes 4-6/7"),
    ],
)
def test_a_player_gets_the_piece_that_it_asks_for(browser, done, wanted, content, said):
    answer = browser.get(f"/api/clips/{done()}/compare", headers={"Range": wanted})
    assert (answer.status_code, answer.content) == (206, content)
    assert answer.headers["content-range"] == said
    assert answer.headers["content-length"] == str(len(content))


def test_whoever_asks_for_no_piece_gets_all(browser, done):
    for headers in ({}, {"Range": "lines=1-2"}, {"Range": "bytes=0-1,3-4"}):
        answer = browser.get(f"/api/clips/{done()}/watch", headers=headers)
        assert (answer.status_code, answer.content) == (200, b"result")
        assert answer.headers["accept-ranges"] == "bytes"
        assert "content-disposition" not in answer.headers


@pytest.mark.parametrize("wanted", ["bytes=7-", "bytes=5-2", "bytes=-0", "bytes=-"])
def test_a_piece_that_is_not_there_is_refused(browser, done, wanted):
    answer = browser.get(f"/api/clips/{done()}/compare", headers={"Range": wanted})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */7")


def test_pieces_of_two_states_of_a_result_are_not_mixed(browser, application, done):
    clip = done()
    run = application.store.clips.get(clip).run
    assert browser.get(f"/api/clips/{clip}/compare", params={"run": run}).status_code == 200
    answer = browser.get(f"/api/clips/{clip}/compare", params={"run": "another"})
    assert (answer.status_code, answer.json()["code"]) == (409, "replaced")


def test_without_the_original_there_is_no_comparison(browser, done):
    clip = done()
    assert browser.delete(f"/api/clips/{clip}/original").status_code == 200
    answer = browser.get(f"/api/clips/{clip}/compare")
    assert (answer.status_code, answer.json()["code"]) == (404, "file_gone")
    assert browser.get(f"/api/clips/{clip}/watch").content == b"result"


def test_what_is_watched_begins_at_once(browser, done, tmp_path):
    """The file's late start is hidden, and nothing else of it changes."""
    path = tmp_path / "late.mp4"
    info = VideoInfo(64, 48, Fraction(1, 1000), average_rate=Fraction(25))
    with Writer(path, info) as writer:
        for n in range(5):
            writer.write(np.full((48, 64, 3), 40 * n, np.uint8), 500 + 40 * n)
        writer.commit()
    clip = done(times=[0.5 + 0.04 * n for n in range(5)], **{COMPARE: path.read_bytes()})

    whole = browser.get(f"/api/clips/{clip}/compare").content
    (tmp_path / "seen.mp4").write_bytes(whole)
    with Reader(tmp_path / "seen.mp4") as reader:
        frames = list(reader)
    assert [round(frame.time, 6) for frame in frames] == [0, 0.04, 0.08, 0.12, 0.16]
    assert [int(frame.image.mean()) // 38 for frame in frames] == [0, 1, 2, 3, 4]

    differ = [
        k for k, pair in enumerate(zip(path.read_bytes(), whole, strict=True)) if len({*pair}) > 1
    ]
    with path.open("rb") as file:
        (place,) = hidden(file, len(whole))
    assert len(whole) == path.stat().st_size and {*differ} <= {*range(place, place + 4)}
    pieces = b"".join(
        browser.get(f"/api/clips/{clip}/compare", headers={"Range": f"bytes={k}-{k + 6}"}).content
        for k in range(place - 10, place + 10, 7)
    )
    assert pieces == whole[place - 10 : place - 10 + len(pieces)]


def test_what_is_no_mp4_has_no_edit_lists():
    for content in (b"", b"moov", b"\0\0\0\1moov\0\0", b"\0\0\0\0moov", b"\0\0\0\7moovedts" * 9):
        assert hidden(io.BytesIO(content), len(content)) == []


# --- frames --------------------------------------------------------------------------------------


def test_frames_have_times_and_a_ledger(browser, application, done):
    clip = done(ledger=ranges("rendered", "covered", "covered", "interpolated"))
    answer = browser.get(f"/api/clips/{clip}/frames").json()
    assert answer["run"] == application.store.clips.get(clip).run
    assert answer["times"] == [0.0, 0.1, 0.2, 0.4]
    assert [(one["entry"], one["from_s"], one["to_s"]) for one in answer["ledger"]] == [
        ("rendered", 0.0, 0.0),
        ("covered", 0.1, 0.2),
        ("interpolated", 0.4, 0.4),
    ]


def test_times_are_those_of_the_result_which_never_begins_before_zero(browser, done):
    clip = done(times=[-0.1, 0.0, 0.1])
    assert browser.get(f"/api/clips/{clip}/frames").json()["times"] == [0.0, 0.1, 0.2]


@pytest.mark.parametrize(
    "broken",
    [
        {FRAMES: b"{}"},
        {FRAMES: b"no JSON"},
        {MANIFEST: b"[]"},
        {MANIFEST: b"\xff"},
        {MANIFEST: b'{"ledger": {"ranges": [{"entry": "x", "first_frame": 0, "last_frame": 9}]}}'},
    ],
)
def test_a_file_that_is_not_as_mien_writes_it_is_said_so(browser, done, broken):
    answer = browser.get(f"/api/clips/{done(**broken)}/frames")
    assert (answer.status_code, answer.json()["code"]) == (404, "file_gone")


@pytest.mark.parametrize("what", ["frames", "curves", "compare", "watch"])
def test_a_clip_that_is_not_done_has_nothing_to_compare(browser, what):
    clip = browser.post("/api/clips", params={"name": "a.mp4"}, content=b"video").json()["id"]
    answer = browser.get(f"/api/clips/{clip}/{what}")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_done")
    assert browser.get(f"/api/clips/nothing/{what}").status_code == 404


# --- curves --------------------------------------------------------------------------------------


def test_curves_are_on_the_time_of_the_result(browser, done, measure):
    clip = done(times=[0.5, 0.6, 0.7, 0.9])
    rows = [
        [n, time, 0.3, 0.2, 0.1, "" if n == 1 else 0.31, 0.21, 0.11]
        for n, time in enumerate([0, 0.1, 0.2, 0.4])
    ]
    work = measure(clip, rows, moments="2,0.2,eyes,The eyes differ.,3\n99,9,jaw,Not there.,1\n")
    answer = browser.get(f"/api/clips/{clip}/curves").json()
    right, left, mouth = answer["curves"]
    assert (answer["work"], answer["stale"], answer["thinned"]) == (work, False, False)
    assert right["name"] == "eye_right"
    assert right["result"] == [[0.5, 0.31], [0.6, None], [0.7, 0.31], [0.9, 0.31]]
    assert {value for _, value in left["original"]} == {0.2}
    assert {value for _, value in mouth["result"]} == {0.11}
    assert [(one["time_s"], one["kind"]) for one in answer["moments"]] == [(0.7, "eyes")]


def test_part_of_the_curves_reaches_its_edges(browser, done, measure):
    times = [n / 10 for n in range(50)]
    clip = done(times=times)
    measure(clip, [[n, time, *[n] * 6] for n, time in enumerate(times)])
    query = {"from_s": 2.05, "to_s": 2.95}
    part = browser.get(f"/api/clips/{clip}/curves", params=query).json()["curves"][0]["original"]
    assert [value for _, value in part] == list(range(20, 31))


def test_the_newest_measurement_counts_and_may_be_of_an_older_result(browser, done, measure):
    clip = done()
    assert browser.get(f"/api/clips/{clip}/curves").json()["code"] == "not_measured"
    measure(clip, [[0, 0, *[1] * 6]])
    newest = measure(clip, [[0, 0, *[2] * 6]], result_run="before")
    answer = browser.get(f"/api/clips/{clip}/curves").json()
    assert (answer["work"], answer["stale"]) == (newest, True)
    assert answer["curves"][0]["original"] == [[0.0, 2.0]]


def test_a_long_curve_keeps_its_extremes_and_its_gaps():
    count = 100_000
    times = [n / 30 for n in range(count)]
    values = [math.sin(n / 5000) / 10 for n in range(count)]
    values[31_415], values[77_777] = 5.0, -5.0  # a single frame each
    for n in range(50_000, 50_010):
        values[n] = math.nan
    found = thin(times, values)
    assert len(found) <= MOST_POINTS
    assert (times[31_415], 5.0) in found and (times[77_777], -5.0) in found
    assert [time for time, _ in found] == sorted({time for time, _ in found})
    gaps = [time for time, value in found if value is None]
    assert gaps and all(times[50_000] <= time < times[50_010] for time in gaps)


# --- covering ------------------------------------------------------------------------------------


def test_moments_are_ordered_to_be_covered(browser, application, done):
    clip = done()
    wanted = [{"from_s": 0.1, "to_s": 0.2, "box": [0.1, 0, 0.5, 1]}, {"from_s": 0.4, "to_s": 0.4}]
    answer = browser.post(f"/api/clips/{clip}/cover", json={"ranges": wanted})
    assert answer.status_code == 201
    job = application.store.jobs.get(answer.json()["id"])
    assert (job.kind, job.clips, job.status) == (Kind.COVER, [clip], "queued")
    assert job.wanted == {"ranges": [wanted[0], {**wanted[1], "box": None}]}
    assert [one["id"] for one in browser.get(f"/api/clips/{clip}/works").json()] == [job.id]


def test_one_covering_at_a_time(browser, application, done):
    clip, body = done(), {"ranges": [{"from_s": 0, "to_s": 0.1}]}
    first = browser.post(f"/api/clips/{clip}/cover", json=body).json()["id"]
    answer = browser.post(f"/api/clips/{clip}/cover", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "being_covered")
    application.store.jobs.ask_to_cancel(first)
    assert browser.post(f"/api/clips/{clip}/cover", json=body).status_code == 201


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ([], "invalid"),
        ([{"from_s": -0.1, "to_s": 0.1}], "invalid"),
        ([{"from_s": "NaN", "to_s": 0.1}], "invalid"),
        ([{"from_s": 0.2, "to_s": 0.1}], "invalid_range"),
        ([{"from_s": 0.5, "to_s": 9}], "invalid_range"),
        ([{"from_s": 0.25, "to_s": 0.3}], "invalid_range"),
        ([{"from_s": 0, "to_s": 0.1}, {"from_s": 3, "to_s": 4}], "invalid_range"),
        ([{"from_s": 0, "to_s": 0.1, "box": [0, 0, 1.1, 1]}], "invalid"),
        ([{"from_s": 0, "to_s": 0.1, "box": [0, 0, 1]}], "invalid"),
        ([{"from_s": 0, "to_s": 0.1, "box": [0.5, 0, 0.5, 1]}], "invalid_box"),
        ([{"from_s": 0, "to_s": 0.1, "box": [0, 0.6, 1, 0.5]}], "invalid_box"),
    ],
)
def test_what_cannot_be_covered_is_refused(browser, application, done, wanted, code):
    answer = browser.post(f"/api/clips/{done()}/cover", json={"ranges": wanted})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert [job.kind for job in application.store.jobs.listing()] == [Kind.DEIDENTIFY]


def test_times_as_the_page_was_told_them_are_within_the_clip(browser, done):
    times = [n * 1001 / 30000 for n in range(8)]
    clip = done(times=times)
    for time in browser.get(f"/api/clips/{clip}/frames").json()["times"]:
        body = {"ranges": [{"from_s": time, "to_s": time}]}
        job = browser.post(f"/api/clips/{clip}/cover", json=body)
        assert job.status_code == 201
        assert browser.post(f"/api/works/{job.json()['id']}/cancel").status_code == 200
