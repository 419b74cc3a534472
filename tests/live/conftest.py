"""What is costly to make is made once."""

from __future__ import annotations

import pytest
from calls import QUICK, Given, call, pictures

from mien.live.session import Session
from mien.models.landmarker import FaceMesh
from mien.recognition.lookout import Lookout


@pytest.fixture(scope="session")
def mesh():
    backend = FaceMesh()
    yield backend
    backend.close()


@pytest.fixture(scope="session")
def lookout():
    made = Lookout()
    yield made
    made.close()


@pytest.fixture(scope="session")
def person():
    """Somebody in front of the camera."""
    return pictures()


@pytest.fixture(scope="session")
def guise(mesh, person):
    """The face that they wear, chosen from an earlier recording."""
    session = Session(Given([]), [], QUICK, as_fast=True, backend=mesh)
    try:
        session.learn_from(Given(person))
        return session.drawing.guise
    finally:
        session.close()


@pytest.fixture
def hold(mesh, guise):
    """Holds a call in which that face is worn from the start."""
    return lambda images, **more: call(images, mesh, more.pop("guise", guise), **more)
