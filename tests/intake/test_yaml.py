"""Plain YAML is read as YAML is, and more than that is refused by its line."""

from __future__ import annotations

import pytest

from mien.errors import FormatError
from mien.intake.yaml import parse_yaml


def read(text):
    return parse_yaml(text, "a.yaml", "a test")


def test_values():
    text = (
        'a: 1\nb: -2.5e-3\nc: True\nd: false\ne: ~\nf: word/path.x\ng: \'x # y\'\nh: "q\\""\n'
        "i: [1, 0.5, x]\nj: []\nk: {}\nl:\nm: .5  # half\n"
    )
    assert read(text) == {
        **{"a": 1, "b": -0.0025, "c": True, "d": False, "e": None, "f": "word/path.x"},
        **{"g": "x # y", "h": 'q"', "i": [1, 0.5, "x"], "j": [], "k": {}, "l": None, "m": 0.5},
    }


def test_sections():
    text = "---\na:\n  b:\n      c: 1\n      d: 2\n  e: 3\n\n# no section\nf: 4\n"
    assert read(text) == {"a": {"b": {"c": 1, "d": 2}, "e": 3}, "f": 4}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\n  b: 2", 2),
        ("a:\n    b: 1\n  c: 2", 3),
        ("a: 1\na: 2", 2),
        ("a: &x 1", 1),
        ("a: *x", 1),
        ("a: !!python/object x", 1),
        ("- a", 1),
        ("a: |", 1),
        ("a: [1, [2]]", 1),
        ("a: {b: 1}", 1),
        ("\ta: 1", 1),
        ("a: 'x", 1),
        ('a: "x', 1),
        ("words", 1),
        ("\n".join("  " * k + f"a{k}:" for k in range(30)), 17),
    ],
)
def test_more_than_that_is_refused(text, line):
    with pytest.raises(FormatError, match=f"^a.yaml is not a test: line {line} [^\n]*$"):
        read(text)
