from __future__ import annotations

import numpy as np
import pytest

from mien.blendshapes.names import NAMES
from mien.blendshapes.of_clip import score_clip


@pytest.mark.parametrize("own", [True, False])
def test_every_frame_of_a_clip_is_scored(make_clip, own):
    clip = make_clip(seconds=1, blinks=(), smile=(0.4, 1.6), head_motion=0.0, fps=8)
    told = []
    scored = score_clip(clip.path, progress=lambda *words: told.append(words), own=own)
    recording = scored.recording
    assert scored.people == 1 and recording.names == NAMES and len(told) == 8 * (1 + own)
    assert recording.found.all() and np.isfinite(recording.scores).all()
    smile = recording.scores[:, NAMES.index("mouthSmileLeft")]
    assert smile[-1] > smile[0] + 0.1
