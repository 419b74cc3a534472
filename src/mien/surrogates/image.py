"""A user's own image as a surrogate: only with a statement of consent."""

from __future__ import annotations

from pathlib import Path

from mien.errors import ParameterError
from mien.face import uv
from mien.face.model import FaceModel
from mien.models.landmarker import Backend
from mien.surrogates.bank import Surrogate
from mien.tracking.picture import one_face


def from_image(path: str | Path, consent: str | None, backend: Backend) -> Surrogate:
    """Make a surrogate of the one face in a picture.

    Parameters
    ----------
    path : str or Path
        A picture with one face, seen from the front.
    consent : str
        Who agreed to what, when: it is written into the manifest.
    backend : Backend
        Finds the landmarks.

    Raises
    ------
    ParameterError
        If there is no consent statement, or the file is not a picture of one face.
    NoFaceError
        If the picture shows no face.
    """
    if not consent or len(consent.strip()) < 10:
        raise ParameterError(
            "A real person's face needs a consent statement: add --consent \"who agreed to what, "
            'and when".'
        )
    image, points = one_face(path, backend)
    model = FaceModel.load()
    alpha = model.fit(points[None])
    # the texture of a smile would add a smile to every frame: only the shape can be put to rest
    return Surrogate(
        "image",
        model.at_rest(points[None], alpha),
        uv.unwrap(image, points, 512),
        {"id": "image", "k": 1, "consent": consent.strip()},
    )
