"""Where the amplitude of a lip tremor is lost or gained: true, tracked, refined, drawn, read.

On phantoms the true movement is known. It is followed through mien step by step: as the face mesh
tracks it, as registration refines it, as it is drawn on another face, and as two trackers read the
result and the original. Faces are the bank's, not chosen nor pushed, so it takes no audit.

    python benchmarks/tremor.py [--phantoms 10]
"""

from __future__ import annotations

import argparse

import numpy as np

from mien.engines.laying import composite
from mien.engines.mesh.engine import Mesh
from mien.face.region import Region
from mien.models.dlib_points import box_of, fit_face
from mien.models.landmarker import FaceMesh
from mien.phantom import Phantom, Script, Tremor
from mien.surrogates import cards, load
from mien.tracking import Registration, Sample

# lower lip, bridge of the nose and the outer corners of the eyes, of the mesh and of dlib's points
MESH, DLIB = (17, 6, 33, 263), (57, 27, 36, 45)
STEPS = ("tracked", "refined", "drawn", "mesh: result", "dlib: original", "dlib: result")


def amplitude(faces: list[np.ndarray], points: tuple[int, ...], hertz: float, fps: float) -> float:
    """Of the lower lip's height below the nose at a frequency, outer-eye distances."""
    lip, nose, right, left = np.moveaxis(np.stack(faces)[:, points, :2], 1, 0)
    height = (lip - nose)[:, 1] / np.linalg.norm(right - left, axis=1)
    turn, drift = 2 * np.pi * hertz * np.arange(len(height)) / fps, np.linspace(-1, 1, len(height))
    basis = np.column_stack([np.cos(turn), np.sin(turn), *(drift**k for k in range(4))])
    return float(np.hypot(*np.linalg.lstsq(basis, height, rcond=None)[0][:2]))


def follow(seed: int, mesh: FaceMesh) -> tuple[float, list[float]]:
    """Frequency of one phantom's tremor, and its amplitude after each step, in true ones."""
    hertz, fps = 4.0 + seed % 3, 30.0
    clip = Phantom(Script(seconds=3, width=512, height=512, seed=seed, tremor=Tremor(hertz)))
    true = list(clip.truth.people[0].landmarks.astype(float))
    frames = [frame.image for frame in clip]
    pairs = zip(frames, true, strict=True)
    tracked = [mesh.measure(image, [Region.around(face)])[0] for image, face in pairs]
    samples = [Sample(frames[k], tracked[k]) for k in range(0, len(frames), 6)]
    registration = Registration(samples)
    samples = [Sample(s.image, registration.refine(s.image, s.landmarks)) for s in samples]
    names = sorted(cards())
    engine = Mesh.calibrate(samples, np.stack(tracked[::4])).wearing(load(names[seed * 7 % 63]))
    refined, drawn, read, before, after = [], [], [], [], []
    for image, face in zip(frames, tracked, strict=True):
        refined.append(registration.refine(image, face))
        rendering, result = engine.render(image, refined[-1]), image.copy()
        composite(result, rendering)
        drawn.append(rendering.landmarks)
        read.append(mesh.measure(result, [Region.around(rendering.landmarks)])[0])
        before.append(fit_face(image, box_of(refined[-1])))
        after.append(fit_face(result, box_of(rendering.landmarks)))
    whole = amplitude(true, MESH, hertz, fps)
    steps = [amplitude(faces, MESH, hertz, fps) for faces in (tracked, refined, drawn, read)]
    steps += [amplitude(faces, DLIB, hertz, fps) for faces in (before, after)]
    return hertz, [step / whole for step in steps]


def main() -> None:
    """Print a line for each phantom, and the range and the median of each step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phantoms", type=int, default=10)
    mesh, found = FaceMesh(), []
    print("phantom, Hz: " + ", ".join(STEPS) + " (true: 1)")
    for seed in range(parser.parse_args().phantoms):
        hertz, steps = follow(seed, mesh)
        found.append(steps)
        print(f"{seed}, {hertz:g}: " + ", ".join(f"{step:.2f}" for step in steps), flush=True)
    for name, values in zip(STEPS, np.array(found).T, strict=True):
        print(f"{name}: {values.min():.2f} to {values.max():.2f}, median {np.median(values):.2f}")


if __name__ == "__main__":
    main()
