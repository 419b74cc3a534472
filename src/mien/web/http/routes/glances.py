"""A look at a picture of a video before it is copied, so that what is wrong is said in time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from mien.web.http.desk import Desk
from mien.web.http.glancing import Glancing
from mien.web.http.problems import Problem

_SIDES = (64, 1500)  # pixels of the pictures that are looked at


class GlanceView(BaseModel):
    """What is seen in a picture."""

    model_config = ConfigDict(from_attributes=True)

    faces: int
    dark: bool
    """Whether even the brightest tenth of the picture is too dark for a face."""


def routes(desk: Desk) -> APIRouter:
    """The route of pictures that are looked at and forgotten."""
    router = APIRouter()
    glancing = Glancing()

    @router.post(
        "/glance",
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
                },
            }
        },
    )
    async def glance(request: Request, width: Annotated[int, Query(ge=64, le=512)]) -> GlanceView:
        """Look at a picture, which is the body: red, green, blue, opacity of each pixel; it is not
        kept."""
        low, high = _SIDES
        pixels = bytearray()
        async for piece in request.stream():
            pixels += piece
            if len(pixels) > 4 * width * high:
                break
        rows = len(pixels) // (4 * width)
        if len(pixels) != 4 * width * rows or not low <= rows <= high:
            raise Problem(422, "invalid", "A picture has 64 to 1500 rows of four bytes a pixel.")
        found = await run_in_threadpool(glancing.look, bytes(pixels), width)
        return GlanceView.model_validate(found)

    return router
