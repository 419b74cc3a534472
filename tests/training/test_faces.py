"""Faces of clips are cut out as the engine cuts them out."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest

from mien.errors import ParameterError
from mien.training.faces import Faces, of_folder, of_phantoms
from mien.video import Reader


@pytest.fixture(scope="module")
def drawn():
    return of_phantoms(2, 48, 6, seed=1)


def test_synthetic_people_are_others_and_move(drawn):
    assert [clip.shape for clip in drawn.clips] == [(6, 48, 48, 3)] * 2
    one, other = (clip.astype(int) for clip in drawn.clips)
    assert np.abs(one - other).mean() > 8
    assert all(np.abs(np.diff(clip, axis=0)).mean() > 0.5 for clip in (one, other))
    assert drawn.checksum == Faces(drawn.clips, drawn.names).checksum
    assert drawn.checksum != Faces(drawn.clips[:1], drawn.names[:1]).checksum


def test_a_folder_of_clips(brief, tmp_path):
    shutil.copy(brief.path, tmp_path / "a.mp4")
    (tmp_path / "notes.txt").write_text("no clip")
    found = of_folder(tmp_path, 48, frames=3)
    assert found.names == ("a.mp4",)
    assert found.clips[0].shape == (3, 48, 48, 3)
    assert found.clips[0].std() > 20


def test_a_folder_of_pictures_for_each_person(brief, tmp_path):
    with Reader(brief.path) as reader:
        frames = [frame.image[..., ::-1] for frame in reader]
    for person, some in (("n01", frames[::3]), ("n02", frames[:1]), (".n03", frames[:3])):
        (tmp_path / person).mkdir()
        for number, frame in enumerate(some):
            cv2.imwrite(str(tmp_path / person / f"{number}.png"), frame)
    (tmp_path / "n01" / "wrong.jpg").write_bytes(b"no picture")
    cv2.imwrite(str(tmp_path / "n01" / "wall.png"), np.full((200, 200, 3), 90, np.uint8))
    found = of_folder(tmp_path, 48)
    assert found.names == ("n01",)  # who is seen once shows no movement
    assert found.clips[0].shape == (len(frames[::3]), 48, 48, 3)
    middle = found.points[0][:, 4, :2]
    assert ((middle > 12) & (middle < 36)).all()


def test_a_folder_without_faces_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="shows a face in two frames"):
        of_folder(tmp_path, 48)
    with pytest.raises(ParameterError, match="not a folder"):
        of_folder(tmp_path / "none", 48)
