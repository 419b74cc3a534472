"""Build the surrogate bank from a folder of portraits: composites that are nobody's likeness.

    python scripts/build_surrogates.py PORTRAITS -o src/mien/assets [--cache FOLDER]

PORTRAITS holds `ID.jpg` files and `portraits.csv` (id, sex, birth_year). Portraits with glasses,
beards, fringes, turned heads are left out. From the others come the modes (in what faces differ,
and what a recogniser makes of it) and the composites: members are grouped by apparent sex, skin
tone and age, clustered in recogniser space and averaged (k >= 10); the composites are then moved
apart along the modes until the recogniser takes no two for one, nor any for a real portrait.
"""

from __future__ import annotations

import argparse
import csv
import json
import pickle
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from measure_modes import measured as on_people
from measure_modes import stand_ins
from scipy.cluster.vq import kmeans2

from mien.engines.mesh.appearance import MAP, features, inside, logarithm, smooth
from mien.face.model import FaceModel
from mien.face.topology import FACE_OVAL, LEFT_BROW, LEFT_EYE_RING, LIPS, RIGHT_BROW, RIGHT_EYE_RING
from mien.face.uv import coordinates
from mien.models.landmarker import open_backend
from mien.recognition import distractors
from mien.recognition.dlib_resnet import Dlib
from mien.recognition.recogniser import distances
from mien.recognition.registry import ALSO_STEER, JUDGES
from mien.recognition.registry import recogniser as named
from mien.surrogates.bank import Surrogate
from mien.surrogates.making import composite as making
from mien.surrogates.making.cohort import Member, measure, shortcoming
from mien.surrogates.making.neutral import FOLDS, bare_lids, sealed
from mien.surrogates.modes import Modes
from mien.surrogates.portrait import likeness
from mien.tracking.detection import Detector

K = 10
SHAPES, TEXTURES = 30, 40
MODE_SIDE = 128
NEEDED = 0.605  # distance of a composite to every other and to every portrait that is aimed at
LEAST = 0.545  # to every portrait: of pairs of portraits one in 1,000 is nearer
DISTINCT = 0.4  # of two composites
MOST_SHAPE, MOST_ALONE = 6.0, 7.0  # s.d. of a shape from the mean: all, and those too near to one
RENAMED = {"man-fair-14": "man-fair-1"}  # examples name a man-fair-1, and he was left out
TONES = ("fair", "medium", "dark")
AGES = ("younger", "older")
# (sex, tone, age) -> number of composites; None: too few people to tell ages apart
GROUPS = {
    ("M", 0, 0): 9, ("M", 0, 1): 7, ("M", 1, 0): 5, ("M", 1, 1): 5, ("M", 2, None): 8,
    ("F", 0, 0): 9, ("F", 0, 1): 7, ("F", 1, 0): 6, ("F", 1, 1): 5, ("F", 2, None): 8,
}  # fmt: skip


def cached(folder: Path | None, name: str, make):
    """The result of `make`, kept between runs where a folder for that is given."""
    path = folder / f"{name}.pkl" if folder else None
    if path and path.exists():
        return pickle.loads(path.read_bytes())
    result = make()
    if path:
        path.write_bytes(pickle.dumps(result))
    return result


def measure_all(folder: Path) -> list[Member]:
    backend, detector, recogniser = open_backend(), Detector(), Dlib()
    members = []
    with (folder / "portraits.csv").open() as stream:
        for row in csv.DictReader(stream):
            path = folder / f"{row['id']}.jpg"
            member = measure(path, backend, detector, recogniser) if path.exists() else None
            if member is not None:
                member.sex = row["sex"]
                member.born = int(row["birth_year"]) if row["birth_year"] else None
                members.append(member)
    return members


def effects_of(members: list[Member]) -> np.ndarray:
    """What each of `Member.causes` does to a log texture, shape (4, MODE_SIDE, MODE_SIDE, 3)."""
    causes = np.array([[1.0, *member.causes] for member in members])
    logs = np.stack(
        [
            np.log(cv2.resize(m.texture, (256, 256), interpolation=cv2.INTER_AREA) + np.float32(4))
            for m in members
        ]
    )
    found, *_ = np.linalg.lstsq(causes, logs.reshape(len(logs), -1), rcond=None)
    # folds do not lie in the same place on everybody
    soft = [cv2.GaussianBlur(e.reshape(256, 256, 3), (0, 0), 2.5) for e in found[1:]]
    small = [cv2.resize(e, (MODE_SIDE, MODE_SIDE), interpolation=cv2.INTER_AREA) for e in soft]
    return np.stack(small).astype(np.float32)


def fine_textures(clean: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Log textures of neutral, symmetric faces: what is finer than light and tone, and the rest."""
    fine, coarse = [], []
    skin = inside() & ~features()
    for picture in clean:
        face, _ = making.bare(picture)
        face = bare_lids(sealed(face.clip(0, 255).astype(np.uint8)))
        log = logarithm(cv2.resize(face, (MAP, MAP), interpolation=cv2.INTER_AREA))
        low = smooth(log, skin, 20.0)
        fine.append((log - low) * inside()[..., None])
        coarse.append(low)
    return np.stack(fine), np.stack(coarse)


def expression_of(members: list[Member]) -> np.ndarray:
    """What members do with their faces, standardised, shape (n, n_causes)."""
    names = list(FaceModel.load().expression_names)
    beta = np.stack([m.beta for m in members])

    def both(name: str) -> np.ndarray:
        return beta[:, [names.index(f"{name}Left"), names.index(f"{name}Right")]].mean(1)

    smile = both("mouthSmile")
    pairs = (
        "cheekSquint",
        "mouthUpperUp",
        "mouthFrown",
        "mouthStretch",
        "mouthDimple",
        "eyeSquint",
    )
    causes = [smile, (smile - smile.mean()) ** 2, *map(both, pairs)]
    causes += [beta[:, names.index(name)] for name in ("mouthShrugUpper", "jawOpen")]
    causes.append(np.abs([m.yaw for m in members]))
    table = np.stack(causes, axis=1)
    return (table - table.mean(0)) / (table.std(0) + 1e-6)


def free_to_differ() -> np.ndarray:
    """How far textures may differ in each place, 0-1, shape (MODE_SIDE, MODE_SIDE, 1).

    Little where members smile and squint, where a patient's own pixels show, and at the outline.
    """
    uv = coordinates() * MODE_SIDE
    blank = np.zeros((MODE_SIDE, MODE_SIDE), np.uint8)

    def filled(*outlines: np.ndarray) -> np.ndarray:
        mask = blank.copy()
        for outline in outlines:
            cv2.fillPoly(mask, [uv[outline].round().astype(np.int32)], 1)
        return mask

    def soft(mask: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.3)

    brows = filled(*(np.concatenate([b[:5], b[:4:-1]]) for b in (RIGHT_BROW, LEFT_BROW)))
    brows = cv2.dilate(brows, np.ones((3, 3), np.uint8))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (17, 15))
    eyes = filled(RIGHT_EYE_RING, LEFT_EYE_RING)
    near = cv2.dilate(eyes, np.ones((5, 5), np.uint8))
    lids = near | (cv2.dilate(eyes, disk) & (1 - brows))
    hull = cv2.convexHull(uv[LIPS].astype(np.float32)).astype(np.int32)
    lips = cv2.fillConvexPoly(blank.copy(), hull, 1)
    nostrils = blank.copy()
    for k in (98, 327):
        cv2.circle(nostrils, tuple(uv[k].round().astype(int).tolist()), 4, 1, -1)
    folds = cv2.resize(FOLDS, (MODE_SIDE, MODE_SIDE), interpolation=cv2.INTER_AREA)
    edge = np.clip(cv2.distanceTransform(filled(FACE_OVAL), cv2.DIST_L2, 5) / 16, 0, 1)
    free = edge * (1 - 0.9 * folds) * (1 - 0.9 * soft(lids)) * (1 - 0.5 * soft(lips))
    free *= (1 - 0.6 * soft(nostrils)) * (1 - 0.3 * soft(brows))
    return ((free + free[:, ::-1]) / 2)[..., None]


def find_modes(
    members: list[Member], alphas: np.ndarray, fine: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Principal components per s.d.: of identity coefficients, and of fine log textures.

    Shapes are compared with the mean of their own sex, so that a woman's may differ as women do.
    """
    male = np.array([m.sex == "M" for m in members])
    centred = alphas - np.where(male[:, None], alphas[male].mean(0), alphas[~male].mean(0))
    _, s, v = np.linalg.svd(centred, full_matrices=False)
    shape = (v * s[:, None] / np.sqrt(len(alphas)))[:SHAPES]
    small = np.stack(
        [cv2.resize(f, (MODE_SIDE, MODE_SIDE), interpolation=cv2.INTER_AREA) for f in fine]
    )
    flat = ((small + small[:, :, ::-1]) / 2).reshape(len(small), -1)
    flat = flat - flat.mean(0)
    causes = expression_of(members)
    gram = causes.T @ causes + 5 * np.eye(causes.shape[1])
    flat -= causes @ np.linalg.solve(gram, causes.T @ flat)
    maps = flat.reshape(small.shape)
    grey = maps.mean(3, keepdims=True)
    maps = (grey + 0.5 * (maps - grey)) * free_to_differ()
    _, s, v = np.linalg.svd(maps.reshape(len(maps), -1), full_matrices=False)
    texture = (v * s[:, None] / np.sqrt(len(maps)))[:TEXTURES]
    return shape, texture.reshape(-1, MODE_SIDE, MODE_SIDE, 3).astype(np.float32)


def apparent(members: list[Member]) -> dict[str, object]:
    """Linear rules on descriptors for the look of sex and age."""

    def rule(some: list[Member], values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = np.stack([m.descriptor for m in some])
        weight = np.where(values > 0, 1 / (values > 0).sum(), 1 / (values <= 0).sum())
        mean = np.average(x, axis=0, weights=weight)
        a = (x - mean) * np.sqrt(weight)[:, None]
        w = np.linalg.solve(a.T @ a + 2e-3 * np.eye(128), a.T @ (values * np.sqrt(weight)))
        right = np.mean(np.sign((x - mean) @ w) == np.sign(values))
        print(f"{right:.3f} of {len(some)} portraits on the right side")
        return mean, w

    result = {}
    known = [m for m in members if m.sex]
    mean, w = rule(known, np.array([1.0 if m.sex == "M" else -1.0 for m in known]))
    result["sex"] = {"mean": mean.round(4).tolist(), "male": w.round(4).tolist()}
    known = [m for m in members if m.born]
    middle = np.median([m.born for m in known])
    mean, w = rule(known, np.array([1.0 if m.born <= middle else -1.0 for m in known]))
    result["age"] = {"mean": mean.round(4).tolist(), "older": w.round(4).tolist()}
    return result


def group_of(
    members: list[Member], sex: str, tone: int, age: int | None, levels: np.ndarray, middle: float
) -> list[int]:
    """Indices of a group's people; completed by the nearest in tone where there are too few."""

    def fits(m: Member) -> bool:
        return m.sex == sex and (age is None or (m.born is not None and (m.born <= middle) == age))

    tones = np.array([m.tone for m in members])
    group = [i for i, m in enumerate(members) if fits(m) and levels[i] == tone]
    wanted = K + 6
    if len(group) < wanted:
        edge = np.percentile(tones, (80, 25, 2)[tone])
        others = [i for i, m in enumerate(members) if fits(m) and i not in group]
        group += sorted(others, key=lambda i: abs(tones[i] - edge))[: wanted - len(group)]
    return group


def nobody(faces: list[Surrogate], seen: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Which faces no recognisers that ships takes for a portrait's, of the pairs of which it takes
    one in 1,000 for one person."""
    free = distances(seen, people).min(1) >= LEAST
    for name in (*ALSO_STEER, *JUDGES):
        one = named(name)
        own = np.stack([one.describe(*likeness(face)) for face in faces])
        free &= distances(own, distractors.load(one.name)).min(1) >= one.threshold
    return free


def distinct(seen: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Places of the faces of which no two are nearer than `DISTINCT`: of two that are, the one that
    is farther from all portraits stays."""
    apart = distances(seen, seen) + 9 * np.eye(len(seen))
    away = distances(seen, people).min(1)
    there = np.ones(len(seen), bool)
    for pair in np.argsort(apart, axis=None):
        one, two = np.unravel_index(pair, apart.shape)
        if apart[one, two] >= DISTINCT:
            break
        if there[one] and there[two]:
            there[one if away[one] < away[two] else two] = False
    return np.flatnonzero(there)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("portraits", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="keep what takes long here between runs")
    args = parser.parse_args()
    measured = cached(args.cache, "measured", lambda: measure_all(args.portraits))
    members = [m for m in measured if m.sex and shortcoming(m) is None]
    print(f"{len(measured)} portraits measured, {len(members)} of use")
    recogniser = Dlib()
    effects = cached(args.cache, "effects", lambda: effects_of(members))
    clean = [making.without_expression(m, effects) for m in members]
    fine, coarse = cached(args.cache, "fine", lambda: fine_textures(clean))
    alphas = np.stack([m.at_ease for m in members])
    shape, texture = find_modes(members, alphas, fine)
    mean_face = np.exp(fine.mean(0) + coarse.mean(0)) - 6
    mean = Surrogate(
        "mean",
        FaceModel.load().resting(alphas.mean(0)),
        mean_face.clip(0, 255).astype(np.uint8),
    )
    count = len(shape) + len(texture)
    male = np.array([m.sex == "M" for m in members])
    middle = {"male": alphas[male].mean(0), "female": alphas[~male].mean(0)}
    unknown = Modes(shape, texture, {}, middle, np.zeros((count, 102)))
    who = [Dlib(), *(named(name) for name in ALSO_STEER)]
    seen, astray = cached(
        args.cache, "tried", lambda: on_people(unknown, mean, stand_ins(args.portraits), who)
    )
    known = {one.name: change for one, change in zip(who, seen, strict=True)}
    modes = Modes(shape, texture, known, middle, astray)

    tones = np.array([m.tone for m in members])
    levels = 2 - np.digitize(tones, np.percentile(tones, [10, 40]))
    halfway = float(np.median([m.born for m in members if m.born]))
    rng = np.random.default_rng(7)
    composites, cards, made_of = [], [], []
    numbers: dict[str, int] = {}
    for (sex, tone, age), count in GROUPS.items():
        group = group_of(members, sex, tone, age, levels, halfway)
        descriptors = np.stack([members[i].descriptor for i in group])
        centres, _ = kmeans2(descriptors, count, seed=3, minit="++")
        group_picture = making.middle([clean[i] for i in group])
        for centre in centres:
            smiles = np.array([members[i].causes[0] for i in group])
            cost = np.linalg.norm(descriptors - centre, axis=1) + 0.5 * smiles
            chosen = [group[j] for j in np.argsort(cost)[:K]]
            stem = f"{'man' if sex == 'M' else 'woman'}-{TONES[tone]}"
            numbers[stem] = numbers.get(stem, 0) + 1
            name = f"{stem}-{numbers[stem]}"
            made = making.compose(
                name, [clean[i] for i in chosen], alphas[chosen], group_picture, alphas.mean(0), rng
            )
            made = replace(made, card={"apparent_sex": "male" if sex == "M" else "female"})
            born = [members[i].born for i in chosen if members[i].born]
            composites.append(made)
            made_of.append(chosen)
            older = age if age is not None else int(np.median(born) <= halfway)
            cards.append(
                {
                    "id": name,
                    "apparent_sex": "male" if sex == "M" else "female",
                    "apparent_tone": TONES[tone],
                    "apparent_age": AGES[older],
                    "tone_angle_deg": round(float(np.mean(tones[chosen])), 1),
                    "members_born": [int(min(born)), int(max(born))] if born else None,
                    "k": len(chosen),
                    "source": "official portraits, public domain (US government)",
                    "neutralised": "solved expression removed from the shape; smile, jaw and turn "
                    "taken out of the texture; mirrored; moved away from the other composites and "
                    "from every portrait",
                    "mean_smile_of_members": round(float(smiles[np.argsort(cost)[:K]].mean()), 2),
                }
            )
    people = np.stack([m.descriptor for m in measured])
    mean_seen = recogniser.describe(*likeness(mean))
    avoid = np.concatenate([people, mean_seen[None]])
    usual = modes.recognisers[recogniser.name]
    moved, amounts, nearest = making.apart(
        composites,
        avoid,
        recogniser,
        modes,
        NEEDED,
        slopes=lambda k, some, describe: usual,
        most_shape=MOST_SHAPE,
    )
    seen_now = np.stack([recogniser.describe(*likeness(face)) for face in moved])
    # whoever is still somebody's likeness is moved again, by what counts for this face
    alike = np.flatnonzero(distances(seen_now, people).min(1) < LEAST)
    if len(alike):
        again, more, _ = making.apart(
            [composites[k] for k in alike],
            people,
            recogniser,
            modes,
            LEAST + 0.015,
            rounds=24,
            most_shape=MOST_ALONE,
        )
        for k, face, amount in zip(alike, again, more, strict=True):
            moved[k], amounts[k] = face, amount
    seen_now = np.stack([recogniser.describe(*likeness(face)) for face in moved])
    # and who cannot be, for any of the recognisers that ship, is left out
    kept = np.flatnonzero(nobody(moved, seen_now, people))
    kept = kept[distinct(seen_now[kept], people)]
    print("left out:", sorted({face.id for face in moved} - {moved[k].id for k in kept}))
    moved, cards = [moved[k] for k in kept], [cards[k] for k in kept]
    moved = [replace(face, id=RENAMED.get(face.id, face.id)) for face in moved]
    cards = [card | {"id": RENAMED.get(card["id"], card["id"])} for card in cards]
    amounts, seen_now, made_of = amounts[kept], seen_now[kept], [made_of[k] for k in kept]
    between = distances(seen_now, seen_now) + 9 * np.eye(len(moved))
    to_people = distances(seen_now, people)
    place = {m.id: k for k, m in enumerate(measured)}
    folder = args.output / "surrogates"
    folder.mkdir(parents=True, exist_ok=True)
    model = FaceModel.load()
    basis = model.identity.reshape(len(model.identity), -1)
    for k, (face, card) in enumerate(zip(moved, cards, strict=True)):
        cv2.imwrite(
            str(folder / f"{face.id}.jpg"), face.texture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90]
        )
        alpha, *_ = np.linalg.lstsq(
            basis.T, (face.shape - model.usual - model.neutral).ravel(), rcond=None
        )
        own = [place[members[i].id] for i in made_of[k]]
        card["distance"] = {
            "nearest_composite": round(float(between[k].min()), 3),
            "mean_face": round(float(np.linalg.norm(seen_now[k] - mean_seen)), 3),
            "nearest_portrait": round(float(to_people[k].min()), 3),
            "nearest_member": round(float(to_people[k, own].min()), 3),
        }
        card["moved_sd"] = round(float(np.linalg.norm(amounts[k])), 2)
        card["alpha"] = [round(float(a), 4) for a in alpha]
        card["descriptor"] = [round(float(d), 4) for d in seen_now[k]]
        print(face.id, card["apparent_age"], card["distance"], "moved", card["moved_sd"])
    (folder / "cards.json").write_text(json.dumps(cards, indent=1) + "\n")
    (folder / "apparent.json").write_text(json.dumps(apparent(measured)) + "\n")
    half = texture[:, :, : MODE_SIDE // 2]
    step = np.abs(half).reshape(len(half), -1).max(1) / 127
    np.savez_compressed(
        args.output / "modes.npz",
        shape=shape.astype(np.float32),
        texture=np.round(half / step[:, None, None, None]).astype(np.int8),
        texture_step=step.astype(np.float32),
        **{f"seen_{name}": change.astype(np.float32) for name, change in modes.recognisers.items()},
        **{f"middle_{sex}": alpha.astype(np.float32) for sex, alpha in modes.middle.items()},
        reading=astray.astype(np.float32),
        effects=effects.astype(np.float16),
    )
    print(f"smallest distance reached {nearest.min():.3f}")


if __name__ == "__main__":
    main()
