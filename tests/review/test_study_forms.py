"""Data and risk of bias of studies, answered in forms: blind, kept, and settled by a third."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mien.errors import FormatError
from mien.review.bias.judgements import Judgement
from mien.review.extraction.values import Value
from mien.review.living.decisions import Decision
from mien.review.living.findings import findings
from mien.review.living.review_folder import begin, open_review
from mien.review.living.update import Import, add
from mien.review.project.database import DATABASE, opened
from mien.review.project.forms import Answer, answer, answers_for, forms_of, studies_for
from mien.review.project.founding import Founding, begin_screening, collect, refresh
from mien.review.project.standing import plain, standing
from mien.review.project.store import NotNow, ReviewStore
from mien.review.protocol.protocol import published_text
from mien.review.records.record import Record

COUNTS = {"tp": "40", "fp": "6", "fn": "5", "tn": "52"}


@pytest.fixture
def store(tmp_path) -> ReviewStore:
    """Six records, of which both included the full texts of the first five."""
    found = tuple(
        Record(title=f"Study {k} of faces word{k}", authors=(f"Author{k}, A",), year=2000 + k)
        for k in range(1, 7)
    )
    review = add(begin(published_text()), [Import("PubMed", "database", "a.ris", found)], "2021")
    said = [
        Decision(one.id, stage, who, "include")
        for one in review.records[:5]
        for stage in ("title", "full")
        for who in ("Ada", "Ben")
    ]
    replace(review, decisions=tuple(said)).save(tmp_path / "review")
    return begin_screening(tmp_path / "review", Founding(("Ada", "Ben"), "Cy"))


def say(store, who, number, item, value, *, form="data", domain="", seen=0, **more):
    person = store.people[who]
    said = Answer(form, domain, item, value, **more)
    return answer(store, person, number, said, seen=seen, now=1.0)


def own(store, who, number):
    """Answers of somebody by form, domain and item."""
    found = answers_for(store, store.people[who], number)["answers"]
    return {(one["form"], one["domain"], one["item"]): one for one in found}


def test_forms_are_those_of_the_protocol(store):
    data, *tools = forms_of(store)
    assert {"tp", "fp", "fn", "tn", "accuracy_by_sex"} <= {one["key"] for one in data["fields"]}
    assert [one["key"] for one in tools] == ["cochrane", "quadas2", "probast_ai"]
    assert len(tools[0]["domains"]) == 7
    assert [one["id"] for one in studies_for(store, store.people[0])] == [1, 2, 3, 4, 5]
    assert studies_for(store, store.people[0])[1]["name"] == "Author2 2002"


def test_an_answer_is_kept_as_the_form_has_it_with_quote_and_page(store):
    assert say(store, 0, 1, "accuracy", "88 %", quote="Table 2", page="7") == (1, "0.88")
    assert own(store, 0, 1)["data", "", "accuracy"] | {"version": 0} == {
        "form": "data", "domain": "", "item": "accuracy", "answer": "0.88", "support": "",
        "quote": "Table 2", "page": "7", "version": 0,
    }  # fmt: skip
    assert say(store, 0, 1, "accuracy", "0.9", seen=1) == (2, "0.9")
    assert say(store, 0, 1, "accuracy", "", seen=2) == (3, "")


@pytest.mark.parametrize(
    ("item", "value", "more"),
    [
        ("tp", "-1", {}),
        ("tp", "4.5", {}),
        ("tp", "many", {}),
        ("cause", "weather", {}),
        ("accuracy", "1.2", {}),
        ("nothing", "1", {}),
        ("judgement", "terrible", {"form": "quadas2", "domain": "patients"}),
        ("judgement", "low", {"form": "quadas2", "domain": "nothing"}),
        ("judgement", "low", {"form": "probast", "domain": "predictors"}),
        ("applicability", "low", {"form": "quadas2", "domain": "overall"}),
        ("unasked", "yes", {"form": "quadas2", "domain": "patients"}),
    ],
)
def test_what_a_form_does_not_hold_is_refused_and_nothing_is_kept(store, item, value, more):
    with pytest.raises(NotNow) as refused:
        say(store, 0, 1, item, value, **more)
    assert refused.value.code == "no_answer"
    assert not own(store, 0, 1)


def test_a_study_that_is_not_included_has_no_form(store):
    for number in (6, 99):
        with pytest.raises(NotNow):
            say(store, 0, number, "tp", "1")
        with pytest.raises(NotNow):
            answers_for(store, store.people[0], number)


def test_two_windows_do_not_overwrite_each_other(store):
    say(store, 0, 1, "tp", "40")
    assert say(store, 0, 1, "tp", "40") == (1, "40")  # it was sent twice
    with pytest.raises(NotNow) as refused:
        say(store, 0, 1, "tp", "41")
    assert refused.value.code == "changed_elsewhere"
    assert own(store, 0, 1)["data", "", "tp"]["answer"] == "40"


def test_reviewers_are_blind_and_a_third_settles_what_differs(store):
    say(store, 0, 1, "tp", "40", quote="in 40 of them")
    assert answers_for(store, store.people[1], 1)["others"] == []
    with pytest.raises(NotNow):
        say(store, 2, 1, "tp", "40")  # only one has answered
    say(store, 1, 1, "tp", "41")
    say(store, 0, 1, "fp", "6")
    say(store, 1, 1, "fp", "6")
    shown = answers_for(store, store.people[2], 1)
    assert shown["differ"] == [["data", "", "tp"]]
    assert {one["name"]: one["answers"][-1]["answer"] for one in shown["others"]} == {
        "Ada": "40", "Ben": "41",
    }  # fmt: skip
    assert studies_for(store, store.people[2])[0]["differ"] == 1
    with pytest.raises(NotNow):
        say(store, 2, 1, "fp", "7")  # they agree
    say(store, 2, 1, "tp", "40", quote="in 40 of them")
    assert studies_for(store, store.people[2])[0]["differ"] == 0
    collect(store)
    found = findings(open_review(store.folder), brief=True)
    assert found.extracted.value("Author1 2001", "tp") == "40"
    assert found.extracted.disagreements[0].decided.value == "40"


def test_from_forms_to_bias_and_pooled_accuracy(store):
    for number in range(1, 6):
        for who in (0, 1):
            for item, value in COUNTS.items():
                say(store, who, number, item, str(int(value) + number))
            for domain in ("patients", "index_test", "reference", "flow"):
                level = "high" if domain == "flow" and who and number == 1 else "low"
                say(store, who, number, "judgement", level, form="quadas2", domain=domain)
    say(store, 2, 1, "judgement", "unclear", form="quadas2", domain="flow", support="No word of it")
    collect(store)
    found = findings(open_review(store.folder))
    assert found.assessed[0].form.key == "quadas2"
    assert found.assessed[0].judgements["Author1 2001", "flow"] == "unclear"
    assert found.assessed[0].agreement["n"] == 20 and found.assessed[0].agreement["share"] == 0.95
    assert found.synthesis is not None and found.synthesis.whole.pooled is not None
    assert collect(store) == 20  # and once more changes nothing
    assert studies_for(store, store.people[0])[0]["judged"] == ["quadas2"]
    counts = [one["studies"] for one in standing(store)["people"]]
    assert counts[0] == {"included": 5, "data": 0, "judged": 5}
    text = plain(store)
    assert "Author5 2005,Ada,tp,45" in text["values.csv"]
    assert "consensus,flow,judgement,unclear,No word of it" in text["judgements.csv"]
    assert "quadas2,flow judgement: unclear" in text["log.csv"]


def test_what_others_said_in_files_stays_and_comes_into_the_forms(store):
    collect(store)
    review = open_review(store.folder)
    came = replace(
        review,
        values=(
            Value("Author1 2001", "Ada", "tp", "33", "q", "2"),
            Value("Author1 2001", "Eve", "tp", "34"),
            Value("Author1 2001", "consensus", "tp", "35"),
        ),
        judgements=(
            Judgement("Author2 2002", "quadas2", "Ben", "flow", "judgement", "high", "why"),
        ),
    )
    came.save(store.folder, overwrite=True)
    say(store, 0, 1, "fp", "9")
    refresh(store)
    assert own(store, 0, 1)["data", "", "tp"]["quote"] == "q"
    assert own(store, 1, 2)["quadas2", "flow", "judgement"]["support"] == "why"
    assert own(store, 2, 1)["data", "", "tp"]["answer"] == "35"
    collect(store)
    kept = {(one.extractor, one.field): one.value for one in open_review(store.folder).values}
    assert kept == {("Ada", "tp"): "33", ("Eve", "tp"): "34", ("consensus", "tp"): "35",
                    ("Ada", "fp"): "9"}  # fmt: skip
    assert open_review(store.folder).judgements == came.judgements


def test_a_database_of_an_earlier_version_gains_the_forms(store):
    with opened(store.folder / DATABASE, writing=True) as db:
        db.execute("DROP TABLE answers")
    again = ReviewStore(store.folder)
    assert say(again, 0, 1, "tp", "4") == (1, "4")


def test_a_protocol_that_cannot_be_read_is_told(store):
    (store.folder / "protocol.toml").write_text("title = ")
    with pytest.raises(FormatError):
        forms_of(store)
