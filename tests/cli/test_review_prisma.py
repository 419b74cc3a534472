"""`mien review prisma`: an example, a picture, a folder."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def numbers(mien, tmp_path):
    path = tmp_path / "numbers.toml"
    path.write_text(mien("review", "prisma", "--example").stdout)
    return path


def test_the_example_is_drawn(mien, numbers):
    for ending, head in ((".svg", b"<?xml"), (".png", b"\x89PNG")):
        out = numbers.with_suffix(ending)
        assert mien("review", "prisma", numbers, "-o", out).exit_code == 0
        assert out.read_bytes().startswith(head)
        assert mien("review", "prisma", numbers, "-o", out).exit_code == 6


def test_a_folder_has_the_checklist(mien, numbers):
    out = numbers.parent / "flow"
    run = mien("review", "prisma", numbers, "-o", out, "--json")
    assert run.exit_code == 0 and json.loads(run.stdout)["problems"] == []
    page = (out / "report.html").read_text()
    assert 'href="#m-flow"' in page and "checklist" in page
    assert (out / "tables" / "checklist.csv").read_text().count("\n") == 43


def test_what_does_not_add_up_is_said_and_drawn(mien, numbers):
    numbers.write_text("screened = 1570\n" + numbers.read_text())
    run = mien("review", "prisma", numbers, "-o", numbers.with_suffix(".svg"))
    assert run.exit_code == 0 and "does not add up" in run.stderr


def test_bad_input(mien, numbers):
    assert mien("review", "prisma").exit_code == 2
    assert mien("review", "prisma", numbers.parent / "none.toml").exit_code == 3
    assert mien("review", "prisma", numbers, "-o", numbers).exit_code == 6
