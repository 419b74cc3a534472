"""Write MediaPipe's networks in ONNX format.

    python scripts/build_mediapipe.py mediapipe-0.10.21-….whl face_landmarker.task

The wheel is the last that carries them (Apache-2.0; `pip download --no-deps mediapipe==0.10.21`),
the task is Google's Face Landmarker (float16, version 1, Apache-2.0), with the wheel's detector.
What a network computes stays as it is: `mien.models.lite`.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

from mien.models.face_task import networks
from mien.models.lite.convert import convert

FOLDER = Path(__file__).parents[1] / "src" / "mien" / "assets" / "mediapipe"
MESH = {
    "output_mesh_identity": "mesh",
    "output_lips": "lips",
    "output_left_eye": "left_eye",
    "output_right_eye": "right_eye",
    "output_left_iris": "left_iris",
    "output_right_iris": "right_iris",
    "conv_faceflag": "face",
}
BOXES = {"regressors": "boxes", "classificators": "scores"}
MORE_BOXES = {"Identity": "boxes", "Identity_1": "scores"}
BODY = {
    "Identity": "points",
    "Identity_1": "body",
    "Identity_2": "outline",
    "Identity_3": "heat",
}
HAND = {"Identity": "points", "Identity_1": "hand"}
NETWORKS = {
    "face_mesh": ("face_landmark/face_landmark_with_attention", MESH),
    "face_short": ("face_detection/face_detection_short_range", BOXES),
    "face_full": ("face_detection/face_detection_full_range_sparse", MORE_BOXES),
    "body_detector": ("pose_detection/pose_detection", MORE_BOXES),
    "body": ("pose_landmark/pose_landmark_full", BODY),
    "palm": ("palm_detection/palm_detection_full", MORE_BOXES),
    "hand": ("hand_landmark/hand_landmark_full", HAND),
    "people": ("selfie_segmentation/selfie_segmentation", {"activation_10": "people"}),
}
"""By the name of what is written: where the wheel has it, and what its outputs are called."""


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        for name, (place, outputs) in NETWORKS.items():
            given = wheel.read(f"mediapipe/modules/{place}.tflite")
            path = FOLDER / f"{name}.onnx"
            path.write_bytes(convert(given, outputs, name))
            print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
    _, points, scores = networks(Path(sys.argv[2]).read_bytes())
    for name, content in (("face_points", points), ("face_scores", scores)):
        (FOLDER / f"{name}.onnx").write_bytes(content)
        print(f"{name}.onnx: {len(content) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
