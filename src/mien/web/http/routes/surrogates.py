"""The faces that a patient can be given."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import FileResponse

from mien.web.http.desk import Desk
from mien.web.http.problems import Problem, documented


class SurrogateView(BaseModel):
    """A face that a patient can be given."""

    id: str
    apparent_sex: str | None
    apparent_tone: str | None
    apparent_age: str | None
    """None where its people were too few to tell ages apart."""
    k: int
    """How many people it is an average of."""


def routes(desk: Desk) -> APIRouter:
    """Routes under /surrogates."""
    router = APIRouter(prefix="/surrogates")

    @router.get("")
    def list_surrogates() -> list[SurrogateView]:
        """All faces of the bank."""
        return list(bank().values())

    @router.get(
        "/{surrogate}/picture",
        responses={200: {"content": {"image/jpeg": {}}}, **documented(404)},
        response_class=FileResponse,
    )
    def picture(surrogate: str) -> FileResponse:
        """A face from the front: an average of many people, nobody's likeness."""
        path = _folder() / "pictures" / f"{surrogate}.jpg"
        if surrogate not in bank() or not path.is_file():
            raise Problem(404, "no_surrogate", "There is no such face: choose another.")
        return FileResponse(
            path, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"}
        )

    return router


@cache
def bank() -> dict[str, SurrogateView]:
    """The bank's cards, by id; read here because `mien.surrogates` loads numerical libraries."""
    return {
        card["id"]: SurrogateView(
            id=card["id"],
            apparent_sex=card.get("apparent_sex"),
            apparent_tone=card.get("apparent_tone"),
            apparent_age=card.get("apparent_age"),
            k=card["k"],
        )
        for card in json.loads((_folder() / "cards.json").read_text())
    }


def _folder() -> Path:
    return Path(str(files("mien") / "assets" / "surrogates"))
