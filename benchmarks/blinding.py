"""Can original be told from result by anything that a rater is sent, but the pictures?

Makes pairs of clips of which the results have far less detail, designs a study, serves it, and asks
for everything as a rater's browser does: the page, the state, the clips in all rounds. From what
comes back (headers, sizes, times, ids, order, layout and index of the files) a classifier learns
original against result, tested on pairs that it was not taught with. Prints its area under the
curve with a 95 % interval from shuffled labels, and, apart from it, that of the sizes of coded
frames, which come of the pictures::

    python benchmarks/blinding.py --pairs 24
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from fastapi.testclient import TestClient
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict

from mien.study.design import DesignSettings, chosen_items, design
from mien.study.export import ratings_of
from mien.study.store import StudyStore
from mien.video import VideoInfo, Writer, clips
from mien.video.boxes import boxes
from mien.web.http.access import Access
from mien.web.http.app import create_app
from mien.web.http.serving import Serving

PORT = 8000
SHUFFLES = 40


def film(path: Path, seed: int, smooth: bool) -> None:
    """A moving pattern; `smooth` takes its detail away, more than any result."""
    rng = np.random.default_rng(seed)
    size, frames = 160, 30 + seed % 40
    picture = rng.integers(0, 255, (size, size, 3)).astype(np.uint8)
    if smooth:
        picture = np.repeat(np.repeat(picture[::8, ::8], 8, 0), 8, 1)
    info = VideoInfo(size, size, Fraction(1, 12_800), Fraction(25))
    with Writer(path, info, crf=20, comment="synthetic" if smooth else None) as out:
        for k in range(frames):
            out.write(np.ascontiguousarray(np.roll(picture, k, 1)), 512 * k)
        out.commit()


def received(folder: Path, home: Path) -> list[tuple[str, str, list[float], list[float]]]:
    """Of every clip shown: its show, recording, features, and those of the coded pictures."""
    serving = Serving(home, studies=(folder,))
    app = create_app(serving, Access(serving, PORT), working=False)
    origin = f"http://127.0.0.1:{PORT}"
    found = []
    with TestClient(app, base_url=origin, headers={"Origin": origin}) as client:
        for one in StudyStore(folder).progress():
            link = f"/rate/{one.token}/"
            page = client.get(link)
            while (state := client.get(f"{link}state").json())["shows"]:
                for position, show in enumerate(state["shows"]):
                    address = f"{link}clip/{show['id']}"
                    began = time.perf_counter()
                    answer = client.get(address)
                    took = time.perf_counter() - began
                    part = client.get(address, headers={"Range": "bytes=100-199"})
                    features = [
                        len(page.content), len(json.dumps(show)), position, state["round"],
                        position / len(state["shows"]), took, len(answer.content),
                        *(_number(f"{k}:{v}") for k, v in sorted(answer.headers.items())),
                        *(_number(f"{k}:{v}") for k, v in sorted(part.headers.items())),
                        *(int(show["id"][k : k + 4], 16) for k in range(0, 32, 4)),
                        *_layout(answer.content),
                    ]  # fmt: skip
                    found.append((show["id"], features, _coded(answer.content)))
                    for item in state["items"]:
                        body = {"show": show["id"], "item": item["key"], "score": 1}
                        client.put(f"{link}answer", json=body).raise_for_status()
                client.post(f"{link}submit", json={"round": state["round"]}).raise_for_status()
    return found


def _number(text: str) -> float:
    """A number that is the same for the same text."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)


def _layout(data: bytes) -> list[float]:
    """Sizes of boxes, and the index but for the sizes of samples: times, ids, settings."""
    file = io.BytesIO(data)
    sizes = [float(box.end - box.start) for box in boxes(file, 0, len(data))]
    with av.open(io.BytesIO(data)) as container:
        stream: Any = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        return [
            *sizes, stream.duration, stream.frames, stream.width, stream.height,
            _number(str(container.metadata)), _number(str(stream.metadata)),
            _number(str([packet.pts for packet in packets])),
            _number(str([packet.is_keyframe for packet in packets])),
            _number(bytes(stream.codec_context.extradata or b"").hex()),
        ]  # fmt: skip


def _coded(data: bytes) -> list[float]:
    """Sizes of coded frames, which come of the pictures."""
    with av.open(io.BytesIO(data)) as container:
        sizes = np.array([p.size for p in container.demux(video=0) if p.size], float)
    return [sizes.sum(), sizes.mean(), sizes.std(), sizes.min(), sizes.max(), sizes[0], sizes[-1]]


def area(features: np.ndarray, labels: np.ndarray, groups: np.ndarray, seed: int) -> float:
    """Area under the curve on pairs that were not taught."""
    forest = RandomForestClassifier(120, random_state=seed, min_samples_leaf=3)
    said = cross_val_predict(
        forest, features, labels, groups=groups, cv=GroupKFold(5), method="predict_proba"
    )
    return float(roc_auc_score(labels, said[:, 1]))


def _shuffled(labels: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Labels shuffled within each recording, which has as many results as before."""
    found = labels.copy()
    for group in np.unique(groups):
        found[groups == group] = rng.permutation(labels[groups == group])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--raters", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        for kind in ("originals", "results"):
            (home / kind).mkdir()
            for k in range(arguments.pairs):
                film(home / kind / f"p{k:02d}.mp4", k, kind == "results")
        pairs, _ = clips.pairs(home / "originals", home / "results")
        raters = tuple(f"R{k}" for k in range(arguments.raters))
        settings = DesignSettings(
            chosen_items("3.2"), raters, repeats=arguments.pairs // 4, washout_days=0.0,
            seed=arguments.seed,
        )  # fmt: skip
        design(pairs, home / "study", settings)
        found = received(home / "study", home / "data")
        store = StudyStore(home / "study")
        assert len(ratings_of(store).answers) == len(found)
        truth = store.key()
    labels = np.array([truth[show][1] == "result" for show, *_ in found])
    groups = np.array([truth[show][0] for show, *_ in found])
    rng = np.random.default_rng(arguments.seed)
    for words, k in (("all but the pictures", 1), ("sizes of coded frames", 2)):
        features = np.array([one[k] for one in found], float)
        seen = area(features, labels, groups, 0)
        chance = [
            area(features, _shuffled(labels, groups, rng), groups, s) for s in range(SHUFFLES)
        ]
        low, high = np.percentile(chance, [2.5, 97.5])
        print(f"{words}: {features.shape[1]} features of {len(labels)} clips shown, area "
              f"{seen:.3f}; by chance {low:.3f} to {high:.3f}")  # fmt: skip


if __name__ == "__main__":
    main()
