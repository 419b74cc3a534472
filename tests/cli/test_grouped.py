"""Groups of options are options like others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from mien.cli.failure import guarded
from mien.cli.grouped import grouped


@dataclass(frozen=True)
class Size:
    """How large."""

    place: Annotated[Path, typer.Option("--place", "-p", help="Where.")]
    width: Annotated[int, typer.Option(min=1, help="Across.")] = 3
    tall: Annotated[bool, typer.Option("--tall", help="Or not.")] = False


def _said(*words: str) -> tuple[int, str]:
    app = typer.Typer()

    @app.command()
    @guarded
    @grouped
    def draw(
        name: Annotated[str, typer.Argument()],
        size: Size,
        seed: Annotated[int, typer.Option(help="Chance.")] = 0,
    ) -> None:
        """Draw something."""
        print(name, size, seed)

    found = CliRunner().invoke(app, list(words))
    return found.exit_code, found.output


def test_each_field_is_an_option_and_comes_back_in_its_group():
    assert _said("a", "-p", "b") == (0, f"a {Size(Path('b'))} 0\n")
    whole = _said("a", "--place", "b", "--width", "5", "--tall", "--seed", "2")
    assert whole == (0, f"a {Size(Path('b'), 5, True)} 2\n")


@pytest.mark.parametrize("words", [["a"], ["a", "-p", "b", "--width", "0"]])
def test_what_must_be_given_and_ranges_hold(words):
    status, said = _said(*words)
    assert status == 2 and ("--place" in said or "--width" in said)


def test_the_help_lists_them_in_the_order_in_which_they_are_written():
    _, said = _said("--help")
    places = [said.index(word) for word in ("Draw something", "--place", "--width", "--tall")]
    assert places == sorted(places) and said.index("--tall") < said.index("--seed")


def test_two_options_of_one_name_are_a_mistake():
    def draw(width: int, size: Size) -> None: ...

    with pytest.raises(ValueError, match="width"):
        grouped(draw)
