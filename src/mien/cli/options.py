"""Options and arguments that several commands have, each written once.

Where only the object differs, a function takes it: ``Annotated[bool, options.overwrite("it")]``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer


def out(metavar: str, words: str) -> Any:
    """Where a result goes."""
    return typer.Option("--out", "-o", metavar=metavar, help=words)


def overwrite(what: str = "what exists") -> Any:
    """Whether what lies there may be replaced."""
    return typer.Option("--overwrite", help=f"Replace {what}.")


def say(as_json: bool, sentence: str, content: dict[str, Any]) -> None:
    """Print a sentence, or for programs what it says as one JSON object."""
    typer.echo(json.dumps(content, indent=2) if as_json else sentence)


def as_json(what: str) -> Any:
    """Whether programs read what is printed."""
    return typer.Option("--json", help=f"Print {what} as one JSON object on stdout.")


def landmarker(use: str = "track") -> Any:
    """A mesh of somebody else in place of the built-in one."""
    return typer.Option(metavar="PATH", help=f"A Face Landmarker model to {use} with.")


Language = Annotated[
    str,
    typer.Option(
        "--language",
        metavar="en|de",
        help="The language of pages and figures; files for programs, and what is printed here, are "
        "the same in all.",
    ),
]
CardLanguage = Annotated[
    str, typer.Option("--language", metavar="en|de", help="The language of the data card.")
]
Audited = Annotated[
    str,
    typer.Option(
        "--audit",
        metavar="sample|all",
        help="Which frames recognisers are asked about: a sample over all poses, of which it is "
        "said what share of all frames it can rule out, or every frame, which takes longer.",
    ),
]
Landmarker = Annotated[Path | None, landmarker()]
Video = Annotated[Path, typer.Argument(metavar="VIDEO", help="A clip; it is only read.")]
Videos = Annotated[
    list[Path],
    typer.Argument(metavar="VIDEO...", help="Clips, or folders of clips; they are only read."),
]
Original = Annotated[
    Path, typer.Argument(metavar="ORIGINAL", help="The clip as recorded; it is only read.")
]
Consent = Annotated[str, typer.Option(metavar="TEXT", help="Who agreed to what, for the card.")]
Licence = Annotated[str, typer.Option(metavar="TEXT", help="Terms of use, for the card.")]
Contact = Annotated[str, typer.Option(metavar="TEXT", help="Whom to ask, for the card.")]
