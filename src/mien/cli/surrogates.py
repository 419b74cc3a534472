"""`mien surrogates`: what the bank holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.sheet import check_free, write_sheet

if TYPE_CHECKING:
    import numpy as np

    from mien.surrogates import Surrogate

_SIDE = 360  # pixels of one portrait
_PER_ROW = 5


def surrogates(
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="PNG", help="Write a sheet of portraits here."),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the sheet if it exists.")
    ] = False,
) -> None:
    """List the faces that a patient can be given; each is an average of many portraits.

    Example: [bold]mien surrogates -o surrogates.png[/bold]
    """
    from rich.console import Console
    from rich.table import Table

    from mien.surrogates import cards, load

    if out is not None:
        check_free(out, overwrite)
    table = Table()
    for heading in ("id", "apparent sex", "tone", "portraits (k)", "members born"):
        table.add_column(heading, justify="right" if heading == "portraits (k)" else "left")
    for name, card in cards().items():
        first, last = min(card["members_born"]), max(card["members_born"])
        table.add_row(
            name, card["apparent_sex"], card["apparent_tone"], str(card["k"]), f"{first}–{last}"
        )
    Console(highlight=False).print(table)
    if out is None:
        typer.echo("For their pictures: mien surrogates -o surrogates.png")
        return
    faces = [(portrait(load(name)), name) for name in cards()]
    write_sheet(
        out,
        "Surrogates: averages of many portraits, nobody's likeness",
        [faces[start : start + _PER_ROW] for start in range(0, len(faces), _PER_ROW)],
    )
    typer.echo(f"{out}: {len(faces)} portraits")


def portrait(surrogate: Surrogate, side: int = _SIDE) -> np.ndarray:
    """A surrogate's texture on its neutral shape, seen from the front.

    Parameters
    ----------
    surrogate : Surrogate
        Whom to draw.
    side : int
        Height of the picture, pixels.

    Returns
    -------
    picture : np.ndarray [shape=(side, 0.85 side, 3), dtype=uint8]
        RGB on white.
    """
    import cv2
    import numpy as np

    from mien import texture
    from mien.geometry import rasterise

    over = 2  # drawn larger and shrunk, which softens the outline
    height, width = side * over, round(0.85 * side) * over
    low, high = surrogate.shape.min(0), surrogate.shape.max(0)
    scale = 0.94 * min(height / (high - low)[1], width / (high - low)[0])
    place = (surrogate.shape - (low + high) / 2) * scale + [width / 2, height / 2, 0]
    triangles = texture.triangles(mouth=True)
    index, weights = rasterise(place, triangles, height, width)
    uv = texture.coordinates()[triangles[index]] * surrogate.texture.shape[0]
    where = (weights[..., None] * uv).sum(2).astype(np.float32) - np.float32(0.5)
    drawn = cv2.remap(surrogate.texture, where, None, cv2.INTER_LINEAR)  # type: ignore[call-overload]
    drawn[index < 0] = 255
    shrunk = cv2.resize(drawn, (width // over, height // over), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk)
