"""Tables of text, however a spreadsheet separates their columns."""

import csv

import pytest

from mien.errors import FormatError
from mien.intake.separated import fields_of, is_nothing, separator_of


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("begin", ["", "\ufeff", "\n\n"])
def test_columns_are_told_apart_by_whatever_the_first_line_has_most(mark, begin):
    text = begin + f"a{mark}b {mark}c\r\n\r\n1{mark} 2{mark}\r\n"
    assert separator_of(text) == mark
    assert [row for _, row in fields_of(text)] == [["a", "b", "c"], ["1", "2", ""]]


def test_lines_are_counted_as_an_editor_shows_them():
    assert [line for line, _ in fields_of("a;b\n\n1;2\n;\n3;4\n")] == [1, 3, 5]


def test_a_single_column_has_none():
    assert fields_of("a\n1\n") == [(1, ["a"]), (2, ["1"])]
    assert fields_of("") == []


def test_what_is_no_table_names_its_line():
    usual = csv.field_size_limit(1000)  # of this process, and others set it
    try:
        with pytest.raises(FormatError, match=r"Line 2: this is not CSV"):
            fields_of("a,b\n" + "x" * 1001 + ",1\n")
    finally:
        csv.field_size_limit(usual)


def test_words_that_say_nothing():
    assert all(map(is_nothing, ("", " ", "NA", "n/a", "#N/A", "NaN", "nan", "NULL")))
    assert not any(map(is_nothing, ("0", "none", "no", "Nadja")))
