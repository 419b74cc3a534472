"""`mien doctor`: the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.doctor.check import Check
from mien.cli.failure import go_on_after

_MARKS = {"ok": "ok", "missing": "-", "broken": "BROKEN", "unknown": "?"}
BROKEN = 1


def doctor(
    as_json: Annotated[bool, options.as_json("everything")] = False,
) -> None:
    """Say what works on this machine: packages, models with their sums, cameras, browsers, disk.

    Nothing is sent anywhere, and no camera is opened. Exit status 1 if something is broken that
    de-identifying needs.

    Example: [bold]mien doctor[/bold]
    """
    from mien.cli.doctor import machine, models

    steps: tuple[Callable[[], list[Check]], ...] = (
        machine.check_machine,
        machine.check_packages,
        _tracking,
        models.check_models,
        machine.check_extras,
        machine.check_disk,
        machine.check_cameras,
        machine.check_browsers,
    )
    found = [check for step in steps for check in step()]
    broken = [check for check in found if check.state == "broken"]
    if as_json:
        print(json.dumps({"works": not broken, "checks": [c.to_json() for c in found]}, indent=2))
    else:
        _print(found, bool(broken))
    raise typer.Exit(BROKEN if broken else 0)


def _tracking() -> list[Check]:
    """Whether a face can be measured and a result written: the models are opened once."""
    found = []
    try:
        from contextlib import closing

        from mien.models.landmarker import open_backend

        with closing(open_backend()) as backend:
            found.append(Check("packages", "face mesh", "ok", f"{backend.name} opens"))
    except Exception as error:
        sentence, _ = go_on_after(error)
        found.append(Check("packages", "face mesh", "broken", sentence))
    try:
        import av

        av.codec.Codec("libx264", "w")
        found.append(Check("packages", "H.264", "ok", "PyAV can write it"))
    except Exception as error:
        sentence, _ = go_on_after(error)
        advice = "pip install --force-reinstall --no-deps av"
        found.append(Check("packages", "H.264", "broken", sentence, advice))
    return found


def _print(found: list[Check], broken: bool) -> None:
    part = ""
    for check in found:
        if check.part != part:
            part = check.part
            typer.echo(part)
        typer.echo(f"  {_MARKS[check.state]:<7} {check.name:<27} {check.words}")
        if check.advice:
            typer.echo(f"{'':38}→ {check.advice}")
    typer.echo(
        "Something that de-identifying needs is broken."
        if broken
        else "De-identifying works here; what has a - is needed by some commands alone."
    )
