"""The flow adds up or says why not; files come back; the diagram holds every number."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from mien.errors import FormatError, ParameterError
from mien.report.review.prisma_flow import prisma_flow
from mien.report.review.prisma_sections import checklist_section, flow_section
from mien.review.prisma.checklist import checklist
from mien.review.prisma.files import EXAMPLE, parse_flow
from mien.review.prisma.flow import Flow

NEW = Flow(
    databases={"PubMed": 812, "Scopus": 640},
    registers={"ClinicalTrials.gov": 10},
    duplicates=300,
    automation=12,
    excluded=1000,
    not_retrieved=5,
    excluded_full_text={"not a face": 100, "no patients": 15},
    other={"Citation searching": 9},
    other_not_retrieved=1,
    other_excluded_full_text={"not a face": 3},
    studies=30,
)


def test_what_follows_is_filled_in():
    whole = NEW.filled()
    assert (whole.screened, whole.sought, whole.assessed) == (1150, 150, 145)
    assert (whole.other_sought, whole.other_assessed) == (9, 8)
    assert whole.reports == 145 - 115 + 8 - 3 and whole.studies == 30
    assert NEW.problems() == [] and whole.problems() == []
    assert whole.filled() == whole


def test_what_does_not_add_up_is_said():
    assert (
        "screened is 1149, but identified - removed is 1150."
        in replace(NEW, screened=1149).problems()
    )
    assert "40 studies cannot come from 35 reports." in replace(NEW, studies=40).problems()
    assert replace(NEW, pooled=31).problems() == ["pooled is 31, but 30 studies are included."]
    fewer = replace(NEW, other_duplicates=2, other_excluded=1)
    assert fewer.filled().other_sought == 6 and fewer.problems() == []
    assert "other_sought is 9, but other - other_duplicates - other_excluded is 6." in (
        replace(fewer, other_sought=9).problems()
    )
    with pytest.raises(ParameterError, match="does not add up: screened would be -"):
        replace(NEW, duplicates=5000).filled()


def test_an_update_adds_to_the_version_before():
    found = replace(NEW, previous_studies=12, previous_reports=14, pooled=40)
    assert found.updated and not NEW.updated
    assert found.as_dict()["total_studies"] == 42 and found.as_dict()["total_reports"] == 49
    assert found.problems() == []


@pytest.mark.parametrize("value", [-1, 1.5, True, "3", 10**10])
def test_a_count_is_a_whole_number(value):
    with pytest.raises(ParameterError, match="whole numbers"):
        Flow(excluded=value)
    with pytest.raises(ParameterError, match="whole numbers"):
        Flow(databases={"PubMed": value})


def test_a_flow_that_is_made_up_says_so():
    marked = replace(NEW, made_up=True)
    assert prisma_flow(marked).caption.startswith("Made up") and prisma_flow(marked).svg
    assert parse_flow(json.dumps(marked.as_dict()), "f.json", ".json") == marked.filled()
    assert parse_flow("made_up = true", "f.toml", ".toml").made_up
    with pytest.raises(FormatError, match="true or false"):
        parse_flow("made_up = 1", "f.toml", ".toml")


def test_files_come_back():
    written = json.dumps(NEW.as_dict())
    assert parse_flow(written, "f.json", ".json") == NEW.filled()
    lines = ["name,what,number"]
    for key, value in asdict(NEW).items():
        if isinstance(value, dict):
            lines += [f"{key},{name},{count}" for name, count in value.items()]
        elif value is not None:
            lines.append(f"{key},{value}")
    assert parse_flow("\n".join(lines), "f.csv", ".csv") == NEW
    assert parse_flow(EXAMPLE, "f.toml", ".toml").problems() == []


@pytest.mark.parametrize(
    ("written", "ending", "words"),
    [
        ("{", ".json", "no JSON"),
        ("[1]", ".json", "holds no names"),
        ('{"screend": 3}', ".json", "did you mean screened?"),
        ("excluded = -3", ".toml", "whole numbers"),
        ("excluded = ", ".toml", "cannot be read"),
        ("databases,PubMed,812\nduplicates,many", ".csv", "line 2"),
        ("databases,PubMed,8\nduplicates,9", ".csv", "does not add up"),
    ],
)
def test_a_bad_file_is_one_sentence(written, ending, words):
    with pytest.raises(FormatError, match=words) as error:
        parse_flow(written, f"f{ending}", ending)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "flow",
    [Flow(), NEW, replace(NEW, other={}, other_not_retrieved=0, other_excluded_full_text={}),
     replace(NEW, previous_studies=3, databases={"$x_1$ <b>": 812, "A" * 200: 640})],
)  # fmt: skip
def test_the_diagram_is_drawn(flow):
    drawing = prisma_flow(flow)
    assert drawing.png.startswith(b"\x89PNG") and b"<svg" in drawing.svg
    assert f"Records identified: {flow.identified};" in drawing.caption
    assert prisma_flow(flow).svg == drawing.svg  # no date, no chance


def test_the_checklist_has_every_item_and_links():
    items = checklist()
    assert len(items) == 42
    assert sorted({int(item.number.rstrip("abcdef")) for item in items}) == list(range(1, 28))
    (table,) = checklist_section(["flow", "bias-quadas2"]).tables
    where = {row[0]: row[3] for row in table.rows}
    assert where["16a"] == "#m-flow" and where["18"] == "#m-bias-quadas2"
    assert where["25"] == "to be written"


def test_a_section_says_what_does_not_add_up():
    assert flow_section(NEW).notes == ()
    assert "does not add up" in flow_section(replace(NEW, studies=99)).notes[0]
