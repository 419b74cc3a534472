"""Landmark backends: an image and a region in, 478 landmarks out.

A backend measures each region anew and remembers nothing: no filter, no lag. Noise is lowered by
measuring, not by smoothing over time: the same face is seen through several slightly shifted and
scaled regions and the answers are averaged, which takes about a third off the jitter.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from mien.errors import ParameterError, TrackingError
from mien.face.region import Region
from mien.intake.networks import check_task
from mien.models import undrawn
from mien.models.quiet import quiet

# scale and shift (in region sizes) of the views whose answers are averaged
_VIEWS = ((1.50, 0.010, -0.008), (1.62, -0.010, 0.008))

_AGREEMENT = 0.02  # of the eye distance, with a pixel's grace for tiny faces


class Backend(Protocol):
    """What every landmark source offers."""

    name: str
    """Name and version for the manifest."""

    def measure(self, image: np.ndarray, regions: list[Region]) -> list[np.ndarray | None]:
        """Landmarks in each region, shape (478, 3) in pixels, or None where there is no face."""
        ...

    def close(self) -> None:
        """Free the models."""
        ...


_GRAPH = """
input_stream: "image"
input_stream: "region"
input_side_packet: "attention"
output_stream: "landmarks"
node {
  calculator: "FaceLandmarkCpu"
  input_stream: "IMAGE:image"
  input_stream: "ROI:region"
  input_side_packet: "WITH_ATTENTION:attention"
  output_stream: "LANDMARKS:landmarks"
}
"""


class FaceMesh:
    """MediaPipe's face mesh with attention, from the models inside its wheel.

    The public solution chooses its own region from the previous frame. This one drives the same
    graph with regions of ours, so that each frame can be measured several times and the
    measurement does not depend on history.
    """

    def __init__(self, workers: int = 2) -> None:
        mediapipe = undrawn.mediapipe()

        self.name = f"mediapipe {mediapipe.__version__} face mesh"
        try:
            self._graphs = [_MeshGraph() for _ in range(workers)]
        except (ImportError, AttributeError, RuntimeError, ValueError) as exc:
            raise TrackingError(
                f"MediaPipe {mediapipe.__version__} carries no face mesh: install a version below "
                "0.10.22, or give a model file with --landmarker."
            ) from exc

    def measure(self, image: np.ndarray, regions: list[Region]) -> list[np.ndarray | None]:
        """See `Backend.measure`."""
        if not regions:
            return []
        height, width = image.shape[:2]
        tasks = [(k, region.view(*view)) for k, region in enumerate(regions) for view in _VIEWS]
        picture = _packet(image)
        for start, graph in enumerate(self._graphs):
            graph.submit(picture, (height, width), tasks[start :: len(self._graphs)])
        answers: list[list[np.ndarray]] = [[] for _ in regions]
        for graph in self._graphs:
            for k, points in graph.collect():
                answers[k].append(points)
        scale = np.array([width, height, width])
        return [_agreed([points * scale for points in found]) for found in answers]

    def close(self) -> None:
        """See `Backend.close`."""
        for graph in self._graphs:
            graph.close()


def _agreed(views: list[np.ndarray]) -> np.ndarray | None:
    """Mean of the views' answers, each (478, 3), unless they do not see one and the same face.

    On real faces the views differ by half a per cent of the eye distance; where the model imagines
    a face they differ by several.
    """
    if len(views) * 2 <= len(_VIEWS):
        return None
    found = np.stack(views)
    mean = found.mean(0)
    apart = np.median(np.linalg.norm((found - mean)[..., :2], axis=2))
    eyes = np.linalg.norm((mean[33] - mean[263])[:2])
    return mean if apart < _AGREEMENT * eyes + 1.0 else None


_LANDMARK = np.dtype(
    [
        ("head", "u1", 2),
        ("tx", "u1"),
        ("x", "<f4"),
        ("ty", "u1"),
        ("y", "<f4"),
        ("tz", "u1"),
        ("z", "<f4"),
    ]
)


def _unpack(raw: bytes) -> np.ndarray:
    """x, y, z of a serialised NormalizedLandmarkList, shape (478, 3).

    Each landmark is a message of three tagged floats; reading them as one record array takes a
    hundredth of the time of 478 Python objects.
    """
    table = np.frombuffer(raw, _LANDMARK)
    return np.column_stack([table["x"], table["y"], table["z"]]).astype(np.float64)


def _packet(image: np.ndarray) -> Any:
    """A copy of a picture that graphs can share, as MediaPipe passes it on."""
    from mediapipe.python import packet_creator
    from mediapipe.python._framework_bindings import image_frame

    data = np.ascontiguousarray(image)
    return packet_creator.create_image_frame(
        image_frame.ImageFrame(image_format=image_frame.ImageFormat.SRGB, data=data)
    )


class _MeshGraph:
    """One MediaPipe graph; two of them run beside each other on two cores."""

    def __init__(self) -> None:
        mediapipe = undrawn.mediapipe()
        from mediapipe.framework.formats import rect_pb2
        from mediapipe.python import packet_creator, packet_getter
        from mediapipe.python._framework_bindings import calculator_graph, resource_util

        resource_util.set_resource_dir(str(Path(mediapipe.__file__).parents[1]))
        self._rect = rect_pb2.NormalizedRect
        self._packets = packet_creator
        self._found: dict[int, np.ndarray] = {}
        self._names: dict[int, int] = {}
        self._clock = 0

        def receive(_stream: str, packet: Any) -> None:
            raw = packet_getter.get_proto(packet).SerializeToString()
            self._found[packet.timestamp.value] = _unpack(raw)

        with quiet():
            self._graph = calculator_graph.CalculatorGraph(graph_config=_GRAPH)
            self._graph.observe_output_stream("landmarks", receive, False)
            self._graph.start_run({"attention": packet_creator.create_bool(True)})
            # its threads log when they open the models, and once at the first picture
            nothing = _packet(np.zeros((64, 64, 3), np.uint8))
            self.submit(nothing, (64, 64), [(0, Region(32.0, 32.0, 40.0, 0.0))])
            list(self.collect())

    def submit(self, picture: Any, size: tuple[int, int], tasks: list[tuple[int, Region]]) -> None:
        height, width = size
        for name, region in tasks:
            self._clock += 1
            self._names[self._clock] = name
            rect = self._rect(
                x_center=region.x / width,
                y_center=region.y / height,
                width=region.size / width,
                height=region.size / height,
                rotation=region.angle,
            )
            self._graph.add_packet_to_input_stream("image", picture.at(self._clock))
            self._graph.add_packet_to_input_stream(
                "region", self._packets.create_proto(rect).at(self._clock)
            )

    def collect(self) -> Iterator[tuple[int, np.ndarray]]:
        self._graph.wait_until_idle()
        for clock, points in sorted(self._found.items()):
            yield self._names[clock], points
        self._found.clear()
        self._names.clear()

    def close(self) -> None:
        self._graph.close()


class Landmarker:
    """MediaPipe's Face Landmarker task, from a model file that the user has."""

    def __init__(self, path: str | Path) -> None:
        mediapipe = undrawn.mediapipe()
        from mediapipe.tasks import python as tasks

        path = Path(path)
        if not path.is_file():
            raise ParameterError(f"There is no landmarker model at {path}: check --landmarker.")
        check_task(path, "a Face Landmarker model")
        self.name = f"mediapipe {mediapipe.__version__} {path.name}"
        self._image, self._format = mediapipe.Image, mediapipe.ImageFormat.SRGB
        try:
            with quiet():
                self._task = tasks.vision.FaceLandmarker.create_from_options(
                    tasks.vision.FaceLandmarkerOptions(
                        base_options=tasks.BaseOptions(model_asset_path=str(path)),
                        num_faces=1,
                    )
                )
        except (RuntimeError, ValueError) as exc:
            raise ParameterError(
                f"{path} is not a Face Landmarker model: check --landmarker."
            ) from exc

    def measure(self, image: np.ndarray, regions: list[Region]) -> list[np.ndarray | None]:
        """See `Backend.measure`."""
        return [self._average(image, region) for region in regions]

    def _average(self, image: np.ndarray, region: Region) -> np.ndarray | None:
        found = [
            points
            for view in _VIEWS[:2]
            if (points := self._once(image, region.view(*view))) is not None
        ]
        return np.mean(found, axis=0) if found else None

    def _once(self, image: np.ndarray, region: Region) -> np.ndarray | None:
        side = int(np.clip(round(region.size), 192, 512))
        scale = side / region.size
        c, s = np.cos(region.angle) * scale, np.sin(region.angle) * scale
        matrix = np.array(
            [
                [c, s, side / 2 - c * region.x - s * region.y],
                [-s, c, side / 2 + s * region.x - c * region.y],
            ]
        )
        patch = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR)
        result = self._task.detect(self._image(image_format=self._format, data=patch))
        if not result.face_landmarks:
            return None
        points = np.array([(p.x, p.y, p.z) for p in result.face_landmarks[0]]) * side
        back = cv2.invertAffineTransform(matrix)
        flat = points[:, :2] @ back[:, :2].T + back[:, 2]
        return np.column_stack([flat, points[:, 2] / scale])

    def close(self) -> None:
        """See `Backend.close`."""
        self._task.close()


def open_backend(landmarker: str | Path | None = None) -> Backend:
    """The Face Landmarker when a model file is given or `MIEN_LANDMARKER` names one, else the mesh.

    Raises
    ------
    ParameterError
        If the model file is missing or of another kind.
    TrackingError
        If the installed MediaPipe has no face mesh and no model file is given.
    """
    path = landmarker or os.environ.get("MIEN_LANDMARKER")
    return Landmarker(path) if path else FaceMesh()
