"""Banks of one's own: who is averaged with whom, what is promised, and what leaks."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien import outputs
from mien.errors import OutputError, ParameterError, PrivacyError
from mien.face.model import FaceModel
from mien.recognition.dlib_resnet import Dlib
from mien.recognition.recogniser import distances
from mien.surrogates import cards, load
from mien.surrogates.bank import Bank, apparent_rules
from mien.surrogates.making import bank as building
from mien.surrogates.making.bank import Built, build, effects
from mien.surrogates.making.clusters import partition, same_person
from mien.surrogates.making.cohort import Member
from mien.surrogates.making.composite import apart, bare, slopes_of
from mien.surrogates.making.neutral import SIZE
from mien.surrogates.modes import Modes
from mien.surrogates.portrait import likeness
from mien.video import Reader
from systems import without_renameat2

K = 5


def member(
    descriptor: np.ndarray | None = None, *, seed: int = 0, male: bool = True, scale: float = 90
) -> Member:
    """Somebody on the given side of the rule for the look of sex."""
    rng = np.random.default_rng(seed)
    if descriptor is None:
        rule = apparent_rules()["sex"]
        side = rule["male"] / np.linalg.norm(rule["male"])
        away = rng.normal(size=128) * 0.3 / np.sqrt(128) * 3
        away -= (away @ side) * side
        descriptor = rule["mean"] + (0.3 if male else -0.3) * side + away
    skin = np.full((SIZE, SIZE, 3), (200, 160, 140), np.uint8)
    expressions = len(FaceModel.load().expression_names)
    return Member("x", rng.normal(size=40), np.zeros(expressions), 0.0, scale, descriptor, skin)


# --- dividing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "k"), [(5, 5), (9, 5), (10, 5), (37, 5), (40, 10), (59, 10)])
def test_everybody_is_in_one_cluster_of_at_least_k(count, k):
    people = [member(seed=seed) for seed in range(count)]
    clusters = partition(people, np.arange(count), k)
    assert sorted(np.concatenate(clusters).tolist()) == list(range(count))
    assert all(k <= len(cluster) < 2 * k for cluster in clusters)
    assert len(clusters) == count // k


def test_those_who_look_alike_come_together():
    rng = np.random.default_rng(3)
    middles = rng.normal(size=(3, 128))
    kinds = rng.permutation(np.repeat(np.arange(3), K))
    people = [member(middles[kind] + rng.normal(size=128) * 0.01) for kind in kinds]
    for cluster in partition(people, np.arange(len(people)), K):
        assert len(set(kinds[cluster])) == 1


def test_a_person_counts_once_and_the_best_picture_stands_for_them(tmp_path):
    face = member().descriptor
    turned, frontal, other = member(face), member(face + 0.01), member(seed=1)
    turned.yaw = 0.15
    found = [(tmp_path / f"{k}.png", m) for k, m in enumerate((turned, other, frontal))]
    assert same_person(found, tmp_path) == [[2, 0], [1]]


def test_a_folder_of_pictures_is_one_person(tmp_path):
    places = [tmp_path / "a" / "1.png", tmp_path / "a" / "2.png", tmp_path / "b" / "1.png"]
    found = [(path, member(seed=seed)) for seed, path in enumerate(places)]
    assert [len(group) for group in same_person(found, tmp_path)] == [2, 1]
    at_the_top = [(tmp_path / f"{seed}.png", who) for seed, (_, who) in enumerate(found)]
    assert [len(group) for group in same_person(at_the_top, tmp_path)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("men", "women", "groups", "left"),
    [
        (7, 6, {"male": 7, "female": 6}, 0),
        (7, 3, {"male": 7}, 3),
        (4, 8, {"female": 8}, 4),
        (4, 3, {None: 7}, 0),
    ],
)
def test_the_sexes_are_not_mixed_unless_there_are_too_few_of_both(men, women, groups, left):
    people = [member(seed=seed, male=seed < men) for seed in range(men + women)]
    found, others = building._sexes(people, K)
    assert {sex: len(group) for sex, group in found.items()} == groups
    assert len(others) == left
    everybody = np.concatenate([*found.values(), others])
    assert sorted(everybody.tolist()) == list(range(men + women))


# --- refusing -----------------------------------------------------------------------------------


@pytest.fixture
def pretend(tmp_path):
    """A folder, and what its files are measured as: name -> member, or None for no face."""

    def make(faces: dict[str, Member | None]) -> tuple[Path, Callable[..., list[Member | None]]]:
        folder = tmp_path / "cohort"
        for name in faces:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b"-")
        return folder, lambda paths, *rest: [faces[str(path.relative_to(folder))] for path in paths]

    return make


@pytest.mark.parametrize("k", [-1, 0, 1, 4])
def test_a_small_k_is_refused_before_anything_is_read(tmp_path, k):
    with pytest.raises(ParameterError, match=rf"k is {k}: .* choose 5 or more"):
        build(tmp_path / "missing", tmp_path / "bank", k)


def test_too_few_people_are_refused_with_the_reasons(pretend, tmp_path):
    face = member().descriptor
    turned = replace(member(seed=9), yaw=-0.3)
    folder, measure = pretend(
        {f"{seed}.jpg": member(seed=seed) for seed in range(1, 6)}
        | {"again-1.jpg": member(face), "again-2.jpg": member(face)}
        | {"g.png": member(scale=30), "h.png": member(scale=50), "t.JPG": turned, "no.png": None}
    )
    with pytest.raises(ParameterError) as told:
        build(folder, tmp_path / "bank", 7, measure=measure)
    sentence = str(told.value)
    assert "has 6 people of use and a composite needs 7" in sentence
    assert (
        "2 because the face is smaller" in sentence and "1 because the head is turned" in sentence
    )
    assert "1 because no face was found" in sentence
    assert "1 because they show somebody again" in sentence
    assert "k of 5 to 6" in sentence
    assert not (tmp_path / "bank").exists()


def test_below_the_smallest_k_no_smaller_one_is_advised(pretend, tmp_path):
    folder, measure = pretend({f"{seed}.jpg": member(seed=seed) for seed in range(4)})
    with pytest.raises(ParameterError, match="has 4 people of use") as told:
        build(folder, tmp_path / "bank", measure=measure)
    assert "choose a k" not in str(told.value)


@pytest.mark.parametrize("kind", ["missing", "file", "empty", "other"])
def test_a_folder_without_pictures_is_refused(tmp_path, kind):
    folder = tmp_path / "cohort"
    if kind == "file":
        folder.write_text("")
    elif kind != "missing":
        folder.mkdir()
    if kind == "other":
        (folder / "notes.txt").write_text("")
        (folder / "._picture.jpg").write_text("")
    with pytest.raises(ParameterError, match=r"is not a folder|no pictures or clips"):
        build(folder, tmp_path / "bank")


def test_what_is_in_the_way_is_never_replaced_unless_it_is_a_bank(pretend, tmp_path):
    folder, _ = pretend({"1.jpg": member()})
    with pytest.raises(OutputError, match="does not exist"):
        build(folder, tmp_path / "no" / "bank")
    with pytest.raises(OutputError, match="already exists"):
        build(folder, folder)
    with pytest.raises(OutputError, match="not a bank"):
        build(folder, folder, overwrite=True)
    assert (folder / "1.jpg").read_bytes() == b"-"


def test_files_that_cannot_be_read_are_no_faces(tmp_path):
    paths = [tmp_path / name for name in ("empty.jpg", "broken.png", "broken.mp4", "empty.mov")]
    for path in paths:
        path.write_text("" if "empty" in path.name else "nothing of the kind")
    paths.append(tmp_path / "blank.png")
    cv2.imwrite(str(paths[-1]), np.full((80, 80, 3), 128, np.uint8))
    assert building.measure_all(paths, Dlib(), None, lambda *note: None) == [None] * 5


# --- the whole way ------------------------------------------------------------------------------


def unlike(names: list[str], count: int) -> list[str]:
    """Those of some faces that a recogniser finds farthest from each other."""
    looks = {name: np.array(cards()[name]["descriptor"]) for name in names}
    chosen = names[:1]
    while len(chosen) < count:
        apart = {n: min(np.linalg.norm(looks[n] - looks[c]) for c in chosen) for n in names}
        chosen.append(max(apart, key=lambda n: apart[n]))
    return chosen


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Path:
    """Twelve faces of the bank, one of them twice, each moved to be somebody else."""
    folder = tmp_path_factory.mktemp("ward-seven")
    modes, rng = Modes.load(), np.random.default_rng(5)
    men, women = (unlike([n for n, c in cards().items() if c["apparent_sex"] == sex], 6)
                  for sex in ("male", "female"))  # fmt: skip
    for number, name in enumerate([*men, *women, men[0]]):
        amounts = rng.normal(size=len(modes))
        face = modes.moved(load(name), amounts / np.linalg.norm(amounts))
        picture = likeness(face)[0][..., ::-1]
        cv2.imwrite(str(folder / f"Mustermann-{number:02}.png"), picture)
    cv2.imwrite(str(folder / "Nobody.png"), np.full((300, 300, 3), 90, np.uint8))
    return folder


@pytest.fixture(scope="module")
def made(cohort, tmp_path_factory) -> Built:
    # each face's own slopes, found once: they do for a push this small
    found: dict[int, np.ndarray] = {}

    def slopes(k, amounts, describe):
        if k not in found:
            found[k] = slopes_of(k, amounts, describe)
        return found[k]

    move = partial(apart, slopes=slopes)
    return build(cohort, tmp_path_factory.mktemp("out") / "bank", K, move=move)


def test_the_bank_is_read_back(made):
    bank = Bank.open(made.folder)
    assert set(bank.cards) == set(made.composites) and made.composites
    for name, card in bank.cards.items():
        face = bank.load(name)
        assert face.texture.shape == (SIZE, SIZE, 3) and face.shape.shape == (478, 3)
        assert card["k"] >= K and name.startswith("own-")
        assert set(card) >= {"apparent_sex", "apparent_tone", "source", "alpha", "descriptor"}
        model = FaceModel.load()
        eyes = np.linalg.norm(model.neutral[33] - model.neutral[263])
        assert np.abs(face.shape - model.resting(np.array(card["alpha"]))).max() < 0.01 * eyes


def test_the_counts_add_up(made, cohort):
    counts = made.statement["counts"]
    assert counts["files"] == len(list(cohort.iterdir()))
    assert made.left_out["unreadable"] == ["Nobody.png"]
    assert ["Mustermann-00.png", "Mustermann-12.png"] in [sorted(group) for group in made.merged]
    left_out = sum(counts["left_out"].values())
    again = counts["further_pictures_of_somebody"]
    assert counts["files"] == left_out + again + counts["people_used"]
    sizes = [card["k"] for card in Bank.open(made.folder).cards.values()]
    assert len(sizes) == counts["composites"] and min(sizes) >= K
    if not counts["composites_withheld"]:
        assert sum(sizes) == counts["people_used"]


def test_no_composite_is_taken_for_somebody_of_the_cohort(made, cohort):
    recogniser = Dlib()
    paths = sorted(cohort.glob("Mustermann-*"))
    people = building.measure_all(paths, recogniser, None, lambda *note: None)
    descriptors = np.stack([who.descriptor for who in people])
    bank = Bank.open(made.folder)
    for name, card in bank.cards.items():
        seen = recogniser.describe(*likeness(bank.load(name)))  # as written, not as made
        nearest = distances(seen[None], descriptors).min()
        assert nearest >= recogniser.threshold - 0.01
        assert nearest == pytest.approx(card["distance"]["nearest_of_cohort"], abs=0.02)
    told = made.statement["smallest_distance_to_the_cohort"]
    assert told == min(c["distance"]["nearest_of_cohort"] for c in bank.cards.values())


def test_the_output_names_nobody(made, cohort):
    for path in made.folder.iterdir():
        text = path.read_bytes().lower()
        for word in (b"mustermann", b"nobody.png", b"ward-seven", str(cohort).encode()):
            assert word not in text, path.name
    assert {path.name for path in made.folder.iterdir()} == {
        "cards.json", "statement.json", "STATEMENT.md", *(f"{n}.jpg" for n in made.composites)
    }  # fmt: skip


def test_the_statement_says_what_it_says_and_what_it_does_not(made):
    assert json.loads((made.folder / "statement.json").read_text()) == made.statement
    words = (made.folder / "STATEMENT.md").read_text()
    for part in ("## What it says", "## What it does not say", f"at most 1/{K}", "motion"):
        assert part in words
    for reference in ("Newton", "Gross"):
        assert reference in words


def test_nothing_is_left_beside_the_bank(made):
    assert [path.name for path in made.folder.parent.iterdir()] == ["bank"]


def rewritten(made: Built, output: Path) -> None:
    """Write the bank that was made once more."""
    bank = Bank.open(made.folder)
    faces = [bank.load(name) for name in made.composites]
    building._write(output, faces, list(bank.cards.values()), made.statement, True)


@contextmanager
def small_files(most: int) -> Iterator[None]:
    """A disk on which no file can be larger, in bytes."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_bank_is_replaced_whole_or_not_at_all(made, tmp_path, monkeypatch):
    output = tmp_path / "bank"
    rewritten(made, output)
    (output / "old.jpg").write_bytes(b"")
    rewritten(made, output)
    assert not (output / "old.jpg").exists()
    assert Bank.open(output).cards == Bank.open(made.folder).cards

    before = {path.name: path.read_bytes() for path in output.iterdir()}

    with small_files(10_000), pytest.raises(OutputError, match="File too large"):
        rewritten(made, output)

    def interrupted(source, target):
        if source.name.endswith(outputs.PART):  # the old bank is aside, the new one not yet there
            raise KeyboardInterrupt
        return rename(source, target)

    rename = os.rename
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        without_renameat2(patch)
        patch.setattr(os, "rename", interrupted)
        rewritten(made, output)
    assert {path.name: path.read_bytes() for path in output.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["bank"]


def test_composites_that_are_somebody_are_withheld():
    names = unlike(list(cards()), 3)
    faces = [load(name) for name in names]
    stays = lambda faces, *rest: (faces, np.zeros((len(faces), len(Modes.load()))), None)  # noqa: E731
    recogniser = Dlib()
    looks = np.stack([recogniser.describe(*likeness(face)) for face in faces])
    people = [member(look) for look in looks]
    clusters = [np.array([k]) for k in range(len(faces))]
    notes = [{"id": face.id} for face in faces]
    with pytest.raises(PrivacyError, match="every composite"):
        building._apart(
            faces, notes, people, clusters, looks, recogniser, lambda *note: None, stays
        )
    kept, told = building._apart(
        faces, notes, people, clusters, looks[:1], recogniser, lambda *note: None, stays
    )
    assert [face.id for face in kept] == [card["id"] for card in told] == names[1:]


def test_a_clip_is_measured_in_its_calmest_frame(patient):
    recogniser = Dlib()
    (found,) = building.measure_all([patient.path], recogniser, None, lambda *note: None)
    smiles = found.causes[0]
    assert smiles < 0.3 and abs(found.yaw) < 0.2  # the patient smiles for most of the clip
    with Reader(patient.path) as reader:
        assert found.texture.any() and reader.info.width == 320


def test_hair_at_the_sides_is_no_skin():
    """Dark strands before the ears: skin goes on where they are, and the middle is as it was."""
    picture = np.full((SIZE, SIZE, 3), (200, 160, 140), np.float32)
    picture[150:400, 30:70] = picture[150:400, -70:-30] = (60, 40, 30)
    picture[240:270, 240:270] = (120, 90, 80)  # a mark in the middle of the face
    side, share = bare(picture)
    strands = side[200:360, 36:64]
    assert np.abs(strands - [200, 160, 140]).max() < 12
    assert np.abs(side[244:266, 246:266] - picture[244:266, 246:266]).max() < 1
    assert share[280, 50] < 0.5 * share[280, 256]


def test_effects_are_those_of_the_four_causes():
    assert effects().shape == (4, 128, 128, 3) and np.isfinite(effects()).all()
