"""Moments covered by hand: the right frames, the right places, and a manifest that says so."""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from manifests import manifest_of
from mien.errors import FormatError, OutputError, ParameterError, VideoError
from mien.outputs import checksum
from mien.pipeline.compositing import COVER
from mien.pipeline.covering import Moment, cover_beside, cover_by_hand
from mien.pipeline.ledger import Entry, Ledger
from mien.pipeline.manifest import LABEL
from mien.video import Reader, VideoInfo, Writer
from mien.video.index import frame_times

SIZE = 96, 64
FRAMES = 50  # at 25 frames a second, a group every 10


def scene(index: int) -> np.ndarray:
    """Soft colours that no cover has, moving."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    wave = 60 * np.sin((columns + 2 * index) / 12) * np.cos(rows / 15)
    return np.stack([190 + wave, 90 + wave, 60 + 0 * wave], -1).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """What tests make results of."""
    path = tmp_path_factory.mktemp("covering") / "result.mp4"
    info = VideoInfo(*SIZE, Fraction(1, 1000), average_rate=Fraction(25))
    with Writer(path, info, comment=LABEL, gop=10) as out:
        for index in range(FRAMES):
            out.write(scene(index), 40 * index)
        out.commit()
    return path


def make_result(clip: Path, folder: Path, *, shift_s: float = 0.0) -> Path:
    """A copy of the clip with the manifest that mien would write."""
    path = Path(shutil.copy(clip, folder))
    entries = np.zeros(FRAMES, np.uint8)
    entries[30:33] = Entry.INTERPOLATED
    ledger = Ledger(entries, frame_times(path)[:-1] - shift_s)
    path.with_suffix(".json").write_text(manifest_of(path, ledger).text())
    return path


@pytest.fixture
def result(clip, tmp_path) -> Path:
    return make_result(clip, tmp_path)


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "covered.mp4"


def covered(path: Path) -> list[np.ndarray]:
    """Where each frame is as a cover is."""
    with Reader(path) as reader:
        return [(np.abs(f.image.astype(int) - COVER) <= 6).all(-1) for f in reader]


def whole(path: Path) -> list[int]:
    return [number for number, mask in enumerate(covered(path)) if mask.mean() > 0.98]


def test_frames_shown_in_the_range_are_covered(result, out):
    files = {path: path.read_bytes() for path in (result, result.with_suffix(".json"))}
    made = cover_by_hand(result, out, [Moment(0.48, 0.6)])
    assert whole(out) == [12, 13, 14, 15]
    assert not any(mask.any() for n, mask in enumerate(covered(out)) if not 12 <= n <= 15)
    assert (made.frames, made.encoded, made.copied, made.reason) == (4, 10, 40, None)
    assert {path: path.read_bytes() for path in files} == files
    with av.open(str(out)) as container:
        assert container.metadata["comment"] == LABEL


@pytest.mark.parametrize(
    ("start", "moment", "frames"),
    [
        (0, Moment(0.5, 0.59), range(12, 15)),  # between two frames the earlier one is shown
        (0, Moment(0.52, 0.52), range(13, 14)),
        (0, Moment(0.519997, 0.559997), range(13, 15)),  # rounded times
        (0, Moment(0.53, 0.54), range(13, 14)),
        (0, Moment(0.0, 99.0), range(0, 50)),
        (0, Moment(-3.0, 0.0), range(0, 1)),
        (0, Moment(1.99, 2.0), range(49, 50)),
        (5000, Moment(0.0, 5.05), range(0, 2)),  # a late start
        (5000, Moment(6.0, 6.0), range(25, 26)),
    ],
)
def test_which_frames_are_shown_in_a_range(start, moment, frames):
    times = (start + 40 * np.arange(FRAMES + 1)) / 1000
    assert moment.frames(times) == frames


@pytest.mark.parametrize("box", [(0.25, 0.5, 0.75, 1.0), (0, 0, 0.22, 0.31), (0.7, 0, 1, 1)])
def test_only_the_box_is_covered(result, out, box):
    cover_by_hand(result, out, [Moment(0.2, 0.3, box)])
    left, top, right, bottom = np.array(box) * [*SIZE, *SIZE]
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    depth = np.min([columns - left, right - columns, rows - top, bottom - rows], axis=0)
    for number, mask in enumerate(covered(out)):
        if number in (5, 6, 7):  # colours are stored for two by two pixels: edges are soft
            assert mask[depth > 3].all() and not mask[depth < -4].any()
        else:
            assert not mask.any()


def test_the_manifest_follows(result, out):
    before = json.loads(result.with_suffix(".json").read_text())
    box = (0.1, 0.2, 0.3, 0.4)
    made = cover_by_hand(result, out, [Moment(1.2, 1.26), Moment(0.0, 0.04, box)])
    record = json.loads(made.manifest.read_text())
    assert record == made.record
    assert record["output"] == {**before["output"], "sha256": checksum(out), "signed": False}
    assert record["ledger"]["counts"] == {"rendered": 45, "interpolated": 1, "covered": 4}
    assert [
        (r["entry"], r["first_frame"], r["last_frame"]) for r in record["ledger"]["ranges"]
    ] == [
        ("covered", 0, 1),
        ("rendered", 2, 29),
        ("covered", 30, 31),
        ("interpolated", 32, 32),
        ("rendered", 33, 49),
    ]
    assert record["covered_by_hand"] == [
        {"first_frame": 30, "last_frame": 31, "from_s": 1.2, "to_s": 1.24, "box": None},
        {"first_frame": 0, "last_frame": 1, "from_s": 0.0, "to_s": 0.04, "box": list(box)},
    ]
    untouched = ("label", "settings")
    assert {key: record[key] for key in untouched} == {key: before[key] for key in untouched}


def test_what_another_version_said_is_kept(result, out):
    aside = result.with_suffix(".json")
    content = json.loads(aside.read_text())
    content["residual_faces"] = {"detector": "one", "frames_searched": 3, "found": 0}
    del content["settings"]["landmarks"], content["label"]
    content["output"]["weather"] = "fine"
    aside.write_text(json.dumps(content))
    made = json.loads(cover_by_hand(result, out, [Moment(0.0, 0.04)]).manifest.read_text())
    for key in ("residual_faces", "settings", "input", "people"):
        assert made[key] == content[key]
    assert made["output"]["weather"] == "fine" and "label" not in made


def test_what_was_covered_stays_covered_the_next_time(result, out, tmp_path):
    cover_by_hand(result, out, [Moment(0.0, 0.0)])
    last = tmp_path / "again.mp4"
    made = cover_by_hand(out, last, [Moment(1.0, 1.0), Moment(0.04, 0.05)])
    assert whole(last) == [0, 1, 25]
    assert made.ledger.counts()["covered"] == 3
    assert [entry["first_frame"] for entry in made.record["covered_by_hand"]] == [0, 25, 1]


def test_a_clip_that_was_moved_later_keeps_the_clock_of_its_ledger(clip, tmp_path, out):
    result = make_result(clip, tmp_path, shift_s=0.2)  # the original began at -0.2 s
    made = cover_by_hand(result, out, [Moment(0.4, 0.4)])
    (entry,) = made.record["covered_by_hand"]
    assert (entry["first_frame"], entry["from_s"]) == (10, 0.2)
    assert made.record["ledger"]["ranges"][0]["from_s"] == -0.2
    assert whole(out) == [10]


def test_beside_the_original_only_the_right_half_is_covered(result, tmp_path):
    beside = tmp_path / "compare.mp4"
    info = VideoInfo(2 * SIZE[0], SIZE[1], Fraction(1, 1000), average_rate=Fraction(25))
    with Writer(beside, info, gop=12, crf=20) as out:
        for index in range(FRAMES):
            out.write(np.concatenate([scene(index)] * 2, 1), 40 * index)
        out.commit()
    moments = [Moment(0.4, 0.4), Moment(1.2, 1.2, (0.5, 0.0, 1.0, 0.5))]
    made = cover_beside(beside, tmp_path / "covered.mp4", moments)
    for number, mask in enumerate(covered(made)):
        left, right = mask[:, : SIZE[0] - 3], mask[:, SIZE[0] :]
        assert not left.any(), number
        share = {10: 1.0, 30: 0.25}.get(number, 0.0)
        assert right.mean() == pytest.approx(share, abs=0.04), number
        if number == 30:
            assert right[: SIZE[1] // 2 - 2, SIZE[0] // 2 + 2 :].mean() > 0.95


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((2.0, 1.0), "is empty"),
        ((float("nan"), 1.0), "two times"),
        ((0.0, float("inf")), "two times"),
        ((0, 1, (0.5, 0, 0.5, 1)), "not in the picture"),
        ((0, 1, (0, 0.9, 1, 0.1)), "not in the picture"),
        ((0, 1, (-0.1, 0, 1, 1)), "not in the picture"),
        ((0, 1, (0, 0, 1, 1.01)), "not in the picture"),
        ((0, 1, (0, 0, float("nan"), 1)), "not in the picture"),
        ((0, 1, (0, 0, 1)), "four sides"),
    ],
)
def test_moments_that_are_none(values, words):
    with pytest.raises(ParameterError, match=words):
        Moment(*values)


@pytest.mark.parametrize("moment", [Moment(2.1, 3.0), Moment(-2.0, -1.0)])
def test_a_range_outside_the_clip_is_refused(result, out, moment):
    with pytest.raises(ParameterError, match="outside the clip"):
        cover_by_hand(result, out, [Moment(0, 0), moment])
    assert not out.exists() and not out.with_suffix(".json").exists()


def test_nothing_to_cover_is_refused(result, out):
    with pytest.raises(ParameterError, match="nothing to cover"):
        cover_by_hand(result, out, [])


def test_a_result_and_a_manifest_that_do_not_belong_together_are_refused(result, out, tmp_path):
    aside, moments = result.with_suffix(".json"), [Moment(0, 0)]
    record = json.loads(aside.read_text())
    record["output"]["sha256"] = "0" * 64
    aside.write_text(json.dumps(record))
    with pytest.raises(ParameterError, match="not the file that"):
        cover_by_hand(result, out, moments)
    record["output"]["sha256"] = checksum(result)
    record["ledger"]["ranges"].pop()
    aside.write_text(json.dumps(record))
    with pytest.raises(FormatError, match="ledger"):
        cover_by_hand(result, out, moments)
    for text in ("{}", "[]", "no JSON", '{"output": 1, "ledger": {"ranges": []}}'):
        aside.write_text(text)
        with pytest.raises(FormatError, match="not the manifest"):
            cover_by_hand(result, out, moments)
    aside.unlink()
    with pytest.raises(FormatError, match="missing"):
        cover_by_hand(result, out, moments)
    with pytest.raises(VideoError, match="no file"):
        cover_by_hand(tmp_path / "none.mp4", out, moments)
    assert [path.name for path in tmp_path.iterdir()] == ["result.mp4"]


def test_nothing_is_overwritten_unasked(result, out):
    moments = [Moment(0, 0)]
    for place in (result, result.with_suffix(".m4v")):
        with pytest.raises(OutputError, match="never overwritten"):
            cover_by_hand(result, place, moments, overwrite=True)
    out.with_suffix(".json").write_text("here")
    with pytest.raises(OutputError, match="already exists"):
        cover_by_hand(result, out, moments)
    cover_by_hand(result, out, moments, overwrite=True)
    assert json.loads(out.with_suffix(".json").read_text())["output"]["sha256"] == checksum(out)


def test_a_ledger_is_read_as_it_was_written():
    entries = np.array([0, 0, 1, 2, 2, 0], np.uint8)
    ledger = Ledger(entries, np.arange(6) / 25)
    again = Ledger.from_ranges(ledger.ranges(), ledger.times)
    assert np.array_equal(again.entries, entries) and again.ranges() == ledger.ranges()
    for broken in (
        ledger.ranges()[1:],
        ledger.ranges()[:-1],
        [{**ledger.ranges()[0], "entry": "unknown"}],
        [{"first_frame": 0}],
    ):
        with pytest.raises(FormatError):
            Ledger.from_ranges(broken, ledger.times)


# --- the command --------------------------------------------------------------------------------


def test_the_command_covers(mien, result, out):
    run = mien(
        *("cover", result, "--range", "0:00.4-0:0.45", "--range", "1.2-1.2"),
        *("--box", "0,0,1,1", "--box", "0.5,0,1,0.5", "-o", out),
    )
    assert run.exit_code == 0, run.stderr
    assert run.stdout == f"{out}: frames 3 covered, 20 encoded again, 30 copied\n"
    assert whole(out) == [10, 11]
    assert covered(out)[30].mean() == pytest.approx(0.25, abs=0.05)


def test_the_command_says_what_it_did_as_json(mien, result, out):
    run = mien("cover", result, "--range", "0.4-0.45", "-o", out, "--json")
    said = json.loads(run.stdout)
    assert said == {
        "output": str(out),
        "manifest": str(out.with_suffix(".json")),
        "covered": 2,
        "encoded": 10,
        "copied": 40,
        "reason": None,
        "counts": {"rendered": 45, "interpolated": 3, "covered": 2},
    }


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("--range", "4"), 2, "a dash between them"),
        (("--range", "3-2"), 2, "is empty"),
        (("--range", "7-8"), 2, "outside the clip"),
        (("--range", "0-1", "--box", "0,0,1"), 2, "four numbers"),
        (("--range", "0-1", "--box", "0,0,2,1"), 2, "not in the picture"),
        (("--range", "0-1", "--box", "0,0,1,1", "--box", "0,0,1,1"), 2, "once for each"),
        ((), 2, "--range"),
    ],
)
def test_the_command_refuses_in_one_sentence(mien, result, out, words, status, sentence):
    run = mien("cover", result, *words, "-o", out)
    assert run.exit_code == status and sentence in run.stderr
    assert not out.exists()


def test_help(mien):
    text = " ".join(mien("cover", "--help").stdout.split())
    assert "Example: mien cover" in text and "6 the output cannot be written" in text
