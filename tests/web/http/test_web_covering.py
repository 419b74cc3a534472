"""Covering by hand as a job: the clip takes over what was covered."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from manifests import manifest_of
from mien.errors import ParameterError
from mien.outputs import checksum
from mien.pipeline.compositing import COVER
from mien.pipeline.ledger import Ledger
from mien.video import Reader, VideoInfo, Writer
from mien.web.queue.folders import COMPARE, FRAMES, MANIFEST, PREVIEW, RESULT, Folders
from mien.web.queue.tables import Kind, Status
from mien.web.queue.tasks import Material, Task
from mien.web.queue.worker import Worker
from mien.web.works import cover as covering
from mien.web.works.kinds import do
from mien.web.works.previews import preview

SIZE, COUNT = (160, 120), 30


def scene(index: int) -> np.ndarray:
    """Soft colours that no cover has, moving."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    wave = 60 * np.sin((columns + 2 * index) / 12) * np.cos(rows / 15)
    return np.stack([190 + wave, 90 + wave, 60 + 0 * wave], -1).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a clip that is done, with the files that the application makes."""
    folder = tmp_path_factory.mktemp("finished")
    info = VideoInfo(*SIZE, Fraction(1, 1000), average_rate=Fraction(25))
    double = replace(info, width=2 * SIZE[0])
    with Writer(folder / RESULT, info) as out, Writer(folder / COMPARE, double, gop=12) as both:
        for index in range(COUNT):
            out.write(scene(index), 40 * index)
            both.write(np.concatenate([scene(index)] * 2, 1), 40 * index)
        out.commit()
        both.commit()
    ledger = Ledger(np.zeros(COUNT, np.uint8), np.arange(COUNT) / 25)
    (folder / MANIFEST).write_text(manifest_of(folder / RESULT, ledger).text())
    (folder / FRAMES).write_text(json.dumps({"times": ledger.times.tolist()}))
    preview(folder / RESULT, folder / PREVIEW, COUNT)
    return folder


def task(tmp_path, folder, ranges, **settings) -> Task:
    made = tmp_path / "made"
    made.mkdir()
    clip = Material("a", "visit.mp4", None, folder, {})
    return Task(Kind.COVER, made, {"ranges": ranges}, (clip,))


def images(path) -> list[np.ndarray]:
    with Reader(path) as reader:
        return [frame.image for frame in reader]


def is_cover(image: np.ndarray) -> np.ndarray:
    return (np.abs(image.astype(int) - COVER) <= 6).all(-1)


def test_result_manifest_picture_and_copy_for_comparing_follow(tmp_path, finished):
    before = {path.name: path.read_bytes() for path in finished.iterdir()}
    times = json.loads((finished / FRAMES).read_text())["times"]
    ranges = [
        {"from_s": times[0], "to_s": times[1], "box": None},
        {"from_s": times[4], "to_s": times[4], "box": [0.0, 0.5, 0.5, 1.0]},
    ]
    said = []
    order = task(tmp_path, finished, ranges)
    found = do(order, lambda *words: said.append(words))
    assert (found["ranges"], found["frames"]) == (2, 3)
    assert found["rerendered"] + found["copied"] == len(times)
    assert found["ledger"]["covered"] == 3 and found["whole"] is None
    assert said[-1][1:] == (len(times), len(times))
    assert {path.name: path.read_bytes() for path in finished.iterdir()} == before
    names = {path.name for path in order.folder.iterdir()}
    assert names == {RESULT, MANIFEST, PREVIEW, COMPARE, FRAMES} == set(before)
    assert (order.folder / FRAMES).read_bytes() == before[FRAMES]
    record = json.loads((order.folder / MANIFEST).read_text())
    assert record["output"]["sha256"] == checksum(order.folder / RESULT)
    assert len(record["covered_by_hand"]) == 2

    result, old = images(order.folder / RESULT), images(finished / RESULT)
    beside, old_beside = images(order.folder / COMPARE), images(finished / COMPARE)
    width = result[0].shape[1]
    assert beside[0].shape[1] == 2 * width
    for number, (image, both) in enumerate(zip(result, beside, strict=True)):
        if number in (0, 1):
            assert is_cover(image).mean() > 0.99 and is_cover(both[:, width:]).mean() > 0.98
        elif number == 4:
            corner = image.shape[0] // 2 + 4, width // 2 - 4
            assert is_cover(image[corner[0] :, : corner[1]]).mean() > 0.98
            assert is_cover(both[corner[0] :, width + 4 : width + corner[1]]).mean() > 0.98
        if number not in (0, 1, 4):
            assert cv2.PSNR(image, old[number]) > 40
            assert cv2.PSNR(both[:, width:], old_beside[number][:, width:]) > 40
        # the half that shows the original shows it still
        assert cv2.PSNR(both[:, : width - 8], old_beside[number][:, : width - 8]) > 40
    picture = cv2.cvtColor(cv2.imread(str(order.folder / PREVIEW)), cv2.COLOR_BGR2RGB)
    assert np.abs(picture.astype(float) - result[len(result) // 2]).mean() < 4


def test_without_an_original_there_is_no_copy_for_comparing(tmp_path, finished):
    folder = tmp_path / "folder"
    shutil.copytree(finished, folder)
    (folder / COMPARE).unlink()
    order = task(tmp_path, folder, [{"from_s": 0.0, "to_s": 0.1, "box": None}])
    do(order, lambda *words: None)
    assert not (order.folder / COMPARE).exists() and (order.folder / RESULT).is_file()


def test_an_original_deleted_meanwhile_is_not_shown_again(tmp_path, finished, monkeypatch):
    folder = tmp_path / "folder"
    shutil.copytree(finished, folder)
    beside = covering.cover_beside

    def deleting(source, *words, **settings):
        made = beside(source, *words, **settings)
        source.unlink()
        return made

    monkeypatch.setattr(covering, "cover_beside", deleting)
    order = task(tmp_path, folder, [{"from_s": 0.0, "to_s": 0.1, "box": None}])
    do(order, lambda *words: None)
    assert not (order.folder / COMPARE).exists() and (order.folder / RESULT).is_file()


def test_refusals(tmp_path, finished):
    order = task(tmp_path, finished, [{"from_s": 99.0, "to_s": 100.0, "box": None}])
    with pytest.raises(ParameterError, match="outside the clip"):
        do(order, lambda *words: None)
    assert list(order.folder.iterdir()) == []
    nothing = Task(
        Kind.COVER, order.folder, order.wanted, (Material("a", "v.mp4", None, None, {}),)
    )
    with pytest.raises(ParameterError, match=r"v\.mp4 has no result"):
        do(nothing, lambda *words: None)


def test_the_clip_takes_over_what_was_covered(queue, put, finished, tmp_path):
    folders = Folders(tmp_path)

    def work(task, progress):
        if task.kind == Kind.COVER:
            return do(task, progress)
        shutil.copytree(finished, task.folder, dirs_exist_ok=True)
        return {"frames": 8, "ledger": {}, "surrogates": [], "renderings": 1}

    clip = put("visit.mp4")
    worker = Worker(folders, queue, "w", work)
    assert worker.step()
    first = folders.run(queue.clips.get(clip))
    order = queue.jobs.add(
        Kind.COVER,
        id="c" * 32,
        project_id=queue.clips.get(clip).project_id,
        name="visit.mp4",
        clips=[clip],
        wanted={"ranges": [{"from_s": 0.0, "to_s": 0.0, "box": None}]},
    )
    assert worker.step()
    done = queue.jobs.get(order.id)
    assert (done.status, done.error) == (Status.DONE, None)
    now = folders.run(queue.clips.get(clip))
    assert now == folders.run(done) != first
    assert first.exists() and queue.clips.get(clip).before["run"] == first.name  # can be undone
    assert is_cover(images(now / RESULT)[0]).mean() > 0.99

    wrong = queue.jobs.add(
        Kind.COVER,
        id="d" * 32,
        project_id=done.project_id,
        name="visit.mp4",
        clips=[clip],
        wanted={"ranges": [{"from_s": 50.0, "to_s": 60.0, "box": None}]},
    )
    assert worker.step()
    failed = queue.jobs.get(wrong.id)
    assert (failed.status, failed.code) == (Status.FAILED, "bad-parameter")
    assert "outside the clip" in failed.error
    assert folders.run(queue.clips.get(clip)) == now and (now / RESULT).is_file()
