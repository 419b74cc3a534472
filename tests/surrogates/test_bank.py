"""The bank: many composites, far from each other and from real people, and at rest."""

from __future__ import annotations

import json
from collections import Counter

import cv2
import numpy as np
import pytest
from scipy.spatial.distance import pdist

from mien.errors import EngineError, FormatError, ParameterError
from mien.face.model import FaceModel
from mien.face.topology import INNER_LIP_LOWER, INNER_LIP_UPPER
from mien.recognition import distractors
from mien.recognition.dlib_resnet import Dlib
from mien.recognition.recogniser import distances
from mien.recognition.registry import recogniser
from mien.surrogates.bank import Bank, apparent_rules, cards, load
from mien.surrogates.portrait import likeness, portrait

NAMES = list(cards())


@pytest.fixture(scope="module")
def seen() -> np.ndarray:
    """What the recogniser makes of each composite."""
    dlib = Dlib()
    return np.stack([dlib.describe(*likeness(load(name))) for name in NAMES])


def test_there_are_enough_of_every_kind():
    assert len(NAMES) >= 60
    kinds = Counter((c["apparent_sex"], c["apparent_age"]) for c in cards().values())
    tones = Counter((c["apparent_sex"], c["apparent_tone"]) for c in cards().values())
    assert len(kinds) == 4
    assert len(tones) == 6
    assert min(kinds.values()) >= 10
    assert min(tones.values()) >= 6
    dark = sum(many for (_, tone), many in tones.items() if tone == "dark")
    assert dark >= len(NAMES) / 5


def test_each_is_made_of_many():
    assert min(card["k"] for card in cards().values()) >= 10


def test_no_two_are_nearly_one(seen):
    between = distances(seen, seen) + 9 * np.eye(len(seen))
    assert between.min() >= 0.4


def test_none_is_the_mean_face():
    assert min(card["distance"]["mean_face"] for card in cards().values()) > 0.35


@pytest.mark.parametrize("name", ["dlib", "mobileface", "faceres"])
def test_none_is_nearer_to_a_portrait_than_one_in_a_thousand_pairs_of_strangers(name):
    one = recogniser(name)
    portraits = distractors.load(one.name)
    strangers = np.quantile(pdist(portraits), 0.001)
    looks = np.stack([one.describe(*likeness(load(face))) for face in NAMES])
    nearest = distances(looks, portraits).min(1)
    assert nearest.min() >= strangers - 0.005
    # nor are they, all in all, nearer to somebody than portraits are to each other
    among = distances(portraits, portraits) + 9 * np.eye(len(portraits))
    assert np.median(nearest) >= np.median(among.min(1)) - 0.005


def test_cards_say_what_was_measured(seen):
    between = distances(seen, seen) + 9 * np.eye(len(seen))
    said = [cards()[name]["distance"]["nearest_composite"] for name in NAMES]
    np.testing.assert_allclose(said, between.min(1), atol=0.02)


@pytest.mark.parametrize("name", NAMES)
def test_all_are_at_rest(name):
    face, model = load(name), FaceModel.load()
    alpha = np.array(cards()[name]["alpha"])
    solution = model.solve(100 * (face.shape - model.usual) + [200, 200, 0], alpha)
    assert np.abs(solution.beta).max() < 0.05
    gap = np.linalg.norm(face.shape[INNER_LIP_UPPER] - face.shape[INNER_LIP_LOWER], axis=1)
    assert gap[1:-1].max() < 0.05
    for top, bottom, left, right in ((159, 145, 33, 133), (386, 374, 362, 263)):
        tall = np.linalg.norm(face.shape[top] - face.shape[bottom])
        wide = np.linalg.norm(face.shape[left] - face.shape[right])
        assert 0.2 < tall / wide < 0.6


@pytest.mark.parametrize("name", NAMES)
def test_all_are_lit_from_the_front(name):
    grey = load(name).texture.astype(float).mean(2)
    left, right = grey[150:400, 100:230], grey[150:400, 282:412][:, ::-1]
    assert abs(left.mean() - right.mean()) < 4


def test_portraits_fill_their_picture():
    picture, landmarks = portrait(load(NAMES[0]), 200, 170)
    assert picture.shape == (200, 170, 3)
    assert landmarks[:, :2].min() >= 0
    assert (landmarks[:, :2].max(0) <= [170, 200]).all()
    assert (picture[0, 0] == 255).all()


def test_rules_tell_the_sexes_of_composites_apart(seen):
    rule = apparent_rules()["sex"]
    male = np.array([cards()[name]["apparent_sex"] == "male" for name in NAMES])
    side = (seen - rule["mean"]) @ rule["male"]
    assert side[male].mean() > side[~male].mean()


def test_a_bank_of_ones_own(tmp_path):
    with pytest.raises(ParameterError, match="holds no bank"):
        Bank.open(tmp_path)
    (tmp_path / "cards.json").write_text("[]")
    with pytest.raises(ParameterError, match="holds no bank"):
        Bank.open(tmp_path)
    (tmp_path / "cards.json").write_text(json.dumps([{"id": "one", "k": 12, "alpha": [0.0] * 40}]))
    bank = Bank.open(tmp_path)
    with pytest.raises(EngineError, match="is missing"):
        bank.load("one")
    cv2.imwrite(str(tmp_path / "one.jpg"), np.full((64, 64, 3), (0, 0, 200), np.uint8))
    face = bank.load("one")
    assert face.texture[32, 32, 0] > 150 > face.texture[32, 32, 2]  # RGB
    np.testing.assert_allclose(face.shape, FaceModel.load().resting(np.zeros(40)))
    with pytest.raises(ParameterError, match="no surrogate called 'two': choose one of one"):
        bank.load("two")


def bank(folder, **card):
    entry = {"id": "one", "k": 12, "alpha": [0.0] * 40, **card}
    (folder / "cards.json").write_text(json.dumps([entry]))
    return Bank.open(folder)


@pytest.mark.parametrize("consent", [None, "", "yes", "         .", 5])
def test_one_persons_own_face_needs_their_consent(tmp_path, consent):
    with pytest.raises(FormatError, match=r"one person's own face \(k = 1\)"):
        bank(tmp_path, k=1, consent=consent)
    said = "A. Example agreed in writing on 3 March 2026"
    assert bank(tmp_path, k=1, consent=said).cards["one"]["consent"] == said


@pytest.mark.parametrize(
    "card",
    [
        {"k": 0},
        {"k": -3},
        {"k": True},
        {"k": 12.5},
        {"k": "12"},
        {"k": None},
        {"alpha": [0.0] * 39},
        {"alpha": [0.0] * 41},
        {"alpha": [1e6] * 40},
        {"alpha": ["0"] * 40},
        {"alpha": [float("nan")] * 40},
        {"alpha": [[0.0]] * 40},
        {"alpha": 3},
        {"id": "../elsewhere"},
        {"id": "/etc/passwd"},
        {"id": ".hidden"},
        {"id": 7},
        {"id": ""},
    ],
    ids=str,
)
def test_cards_that_make_no_sense(tmp_path, card):
    with pytest.raises(FormatError) as caught:
        bank(tmp_path, **card)
    assert str(tmp_path) in str(caught.value) and caught.value.exit_status == 3


def test_cards_without_end(tmp_path):
    for written in ("[" * 100_000, "[" + "1," * (20 << 20) + "1]"):
        (tmp_path / "cards.json").write_text(written)
        with pytest.raises(FormatError, match=r"nested too deeply|too large"):
            Bank.open(tmp_path)


def test_a_texture_without_end(tmp_path):
    one = bank(tmp_path)
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8, 3), np.uint8))
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[16:24] = (30_000).to_bytes(4, "big") * 2
    (tmp_path / "one.jpg").write_bytes(data)
    with pytest.raises(FormatError, match="30000 by 30000"):
        one.load("one")
    with pytest.raises(FormatError, match="30000 by 30000"):
        Bank.open(tmp_path)  # before anything else is done with the bank
    cv2.imwrite(str(tmp_path / "one.jpg"), np.zeros((8, 16, 3), np.uint8))
    with pytest.raises(EngineError, match="damaged"):
        one.load("one")
