"""A protocol is read, checked, and becomes the texts that registries want."""

from __future__ import annotations

import pytest

from mien.errors import FormatError
from mien.review.protocol.protocol import parse_protocol, published, published_text
from mien.review.protocol.registration import MISSING, prisma_p, prospero

SMALLEST = """\
title = "T"
version = "1"
question = "Q?"
"""


def test_the_published_protocol_holds_the_facts_of_the_paper():
    found = published()
    assert found.search.databases == ("PubMed", "PsycINFO", "CINAHL", "IEEE Xplore", "Scopus")
    assert found.search.until == "2021-09" and found.search.languages == ("English",)
    assert len(found.concepts) == 2 and len(found.exclude) == 4 and len(found.include) == 6
    assert len(found.causes) == 4 and found.bias_tools[0] == "cochrane"
    assert found.registration == "PROSPERO CRD42020196473"
    assert len(found.search.also) == 2


def test_texts_hold_what_the_protocol_says_and_what_is_missing():
    registry, paper = prospero(published()), prisma_p(published())
    for words in ("Scopus", "Cochrane", "bivariate", "By cause, input, validation"):
        assert words in registry
    assert paper.count("\n## ") == 26 and "CRD42020196473" in paper
    assert MISSING in paper  # nobody's address is in a protocol file
    assert prospero(parse_protocol(SMALLEST, "p.toml")).count(MISSING) > 5


def test_both_texts_hold_a_search_that_can_be_repeated():
    """PRISMA-P's item 10 asks for the strategy of one database at least, with its limits."""
    for written in (prospero(published()), prisma_p(published())):
        assert '"deep learning"[TIAB]' in written and '"2021/09/30"[PDAT]' in written
    assert "PubMed:" not in prospero(parse_protocol(SMALLEST, "p.toml"))


def test_amendments_are_told():
    more = '[[amendments]]\nversion = "2"\ndate = "2022"\nchange = "Embase."\nreason = "Asked."\n'
    text = prisma_p(parse_protocol(SMALLEST + more, "p.toml"))
    assert "Version 2 (2022): Embase. Because: Asked." in text


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "title is missing"),
        ("title = ", "is no TOML"),
        (SMALLEST + "colour = 1", "'colour' is no part"),
        (SMALLEST + "[search]\ndatabases = 3", "must be a list of texts"),
        (SMALLEST + "include = 3", r"\[\[include\]\]"),
        (SMALLEST + '[[form]]\nkey = "a"\nkind = "colour"', "choose one of text"),
        (SMALLEST + '[[form]]\nkey = "a"\nkind = "choice"', "two options"),
        (SMALLEST + '[[form]]\nkey = "A b"', "small letters"),
        (SMALLEST + '[[form]]\nkey = "a"\n[[form]]\nkey = "a"', "two of the field 'a'"),
        (SMALLEST + '[bias]\ntools = ["rob9"]', "'rob9'"),
        (SMALLEST + '[synthesis]\nmoderators = ["age"]', "no field 'age'"),
        (SMALLEST + "[synthesis]\nfewest = 1", "at least 2"),
    ],
)
def test_a_bad_protocol_is_one_sentence(written, words):
    with pytest.raises(FormatError, match=words) as error:
        parse_protocol(written, "p.toml")
    assert str(error.value).startswith("p.toml")


def test_the_example_is_a_protocol():
    assert parse_protocol(published_text(), "x") == published()
