"""Pages in other languages: every sentence of the code has its counterpart, and it is used."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from evidence_of import evidence, verdict

import mien
import mien.fidelity
from mien.errors import ParameterError
from mien.evidence import privacy
from mien.fidelity import dynamics, expression, resting
from mien.fidelity.figures import FIGURES, SIDES
from mien.report import language
from mien.report.encounter import page as encounters
from mien.report.evidence import page
from mien.report.evidence.results import write_cohort, write_comparison
from mien.report.language import DEFAULT, entries, languages, told, untold, written_in

ROOT = Path(mien.__file__).parent
OTHERS = [name for name in languages() if name != DEFAULT]
WRITTEN = (
    *("report/evidence/**/*.py", "report/numbers.py", "fidelity/worst.py"),
    "report/encounter/page.py",
    "report/encounter/tables.py",
    "report/encounter/figures.py",
    "report/encounter/cohort_*.py",
    *(f"report/ratings/{name}.py" for name in ("figures", "methods", "page", "sections", "words")),
    "report/ratings/trials_page.py",
    *(f"study/{name}.py" for name in ("agreement", "drift", "estimate", "mixed", "power")),
    *("release/card.py", "release/checks/*.py", "engines/traits.py"),
    *("report/review/*.py", "review/living/findings.py"),
    *(f"review/synthesis/{name}.py" for name in ("bivariate*", "methods", "narrative")),
)
"""Whose sentences are told; a page that learns another language joins them."""
TEMPLATES = (
    *("base", "watched", "report", "sections", "comparison", "cohort", "encounter", "ratings"),
    "review",
)
NO_SENTENCES = re.compile(
    r"[a-z]+ (?:right|top|bottom|left|center).*|SHA-256|[\d., :%{}-]+|offset points|lower left"
    r"|(?:outside )?lower center"
    r"|upper right|upper left|x unified|(?:lines\+)?markers|\n[\s\S]*"
    r"|.*\b(?:mien-|\.mp4|utf-8)\b.*|.*(?:doi|CVPR|Biometrics|Methods \d|Barsoum|Oncolog).*"
)
"""Texts of several words that are for programs, and citations, which stay as they are."""
PART = 3
"""Letters from which on it is enough to be a part of a sentence that is put together."""
HOLE = re.compile(r"\{(\d)[!#]?\}")


def sentences(text: str) -> Iterator[str]:
    """What a module says: its texts of several words, holes numbered, without docstrings."""
    tree = ast.parse(text)
    left: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            left.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            left |= {id(part) for part in node.values}
            for part in node.values:
                if isinstance(part, ast.FormattedValue) and part.format_spec is not None:
                    left |= {id(one) for one in ast.walk(part.format_spec)}
        elif isinstance(node, ast.Raise):
            left |= {id(one) for one in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in left:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            said = node.value
        elif isinstance(node, ast.JoinedStr):
            said, holes = "", 0
            for part in node.values:
                holes += isinstance(part, ast.FormattedValue)
                said += str(part.value) if isinstance(part, ast.Constant) else f"{{{holes}}}"
        else:
            continue
        if " " in said.strip() and re.search("[a-z]{2}", said) and not NO_SENTENCES.fullmatch(said):
            yield said


def of_template(name: str) -> Iterator[str]:
    """What a template of HTML says: the texts that it has told."""
    text = (ROOT / "report" / "templates" / f"{name}.html").read_text("utf-8")
    for found in re.finditer(r"""(?:"([^"{}]*)"|'([^'{}]*)')\s*\|\s*told""", text):
        yield (found[1] or found[2]).replace("\\'", "'")
    for found in re.finditer(r"{% filter told %}(.*?){% endfilter %}", text, re.DOTALL):
        yield numbered(re.sub(r"{%.*?%}", "{{ }}", found[1]))


def numbered(text: str) -> str:
    """A text of a template with its holes numbered."""
    parts = re.split(r"(?:{{.*?}})+", " ".join(text.split()))
    return "".join(f"{{{k}}}{part}" if k else part for k, part in enumerate(parts))


def form(sentence: str) -> re.Pattern[str]:
    """Everything that a sentence with holes can become."""
    parts = HOLE.split(sentence)[::2]
    return re.compile(".*?".join(re.escape(part) for part in parts), re.DOTALL)


def said() -> set[str]:
    """Everything that is told."""
    found = {one for name in TEMPLATES for one in of_template(name)}
    for pattern in WRITTEN:
        for path in ROOT.glob(pattern):
            found.update(sentences(path.read_text("utf-8")))
    for figure in FIGURES.values():
        found |= {figure.name, figure.title}
    found |= {sides.name for sides in SIDES.values()}
    for path in (ROOT / "assets" / "profiles").glob("*.toml"):
        content = tomllib.loads(path.read_text("utf-8"))
        found.add(content["title"])
        for line in content["line"]:
            found |= {line["says"], line["source"]}
    return found - {""}


@pytest.mark.parametrize("other", OTHERS)
def test_every_sentence_has_its_counterpart(other):
    known = [*entries(other)]
    whole = {HOLE.sub(r"{\1}", one) for one in known}
    forms = [form(one) for one in known]
    missing = [
        one
        for one in said()
        if one not in whole
        and not any(pattern.fullmatch(HOLE.sub("7", one)) for pattern in forms)
        and not (len(HOLE.sub("", one)) > PART and any(form(one).search(there) for there in known))
    ]
    assert missing == []


@pytest.mark.parametrize("other", OTHERS)
def test_holes_are_the_same_on_both_sides(other):
    for english, theirs in entries(other).items():
        assert sorted(HOLE.findall(english)) == sorted(HOLE.findall(theirs)), english
        assert theirs.strip() == theirs
        assert theirs
        ends = english[-1] if len(english) > 4 and not english.endswith("al.") else ""
        assert ends not in (".", ":") or theirs[-1] == ends, english


@pytest.mark.parametrize("other", OTHERS)
def test_no_sentence_stands_twice(other):
    text = (ROOT / "report" / "languages" / f"{other}.toml").read_text("utf-8")
    every = [english for part in tomllib.loads(text).values() for english in part]
    assert len(every) == len(set(every))


def test_types_name_the_same_languages():
    assert set(get_args(language.Language)) == set(languages())


def test_a_language_that_is_not_written_is_refused():
    with pytest.raises(ParameterError, match="choose en or de"), written_in("fr"):
        pass


def test_sentences_numbers_and_dates_take_the_language():
    with written_in("de"):
        assert told("measured on 2026-11-28") == "gemessen am 28.11.2026"
        assert told("at least 0.98") == "mindestens 0,98"
        assert told("0.8 to 1.25") == "0,8 bis 1,25"
        assert told("between -20 and 20 ms") == "-20 bis 20 ms"
        assert told("3.1%") == "3,1 %"
        assert told("−0.012") == "−0,012"
        assert told("1.2 % of face width") == "1,2 % der Gesichtsbreite"
        assert told("mien 0.1.0, numpy 1.26.4") == "mien 0.1.0, numpy 1.26.4"
    assert told("at least 0.98") == "at least 0.98"


def test_names_and_words_of_others_are_left_alone():
    with written_in("de"), untold() as found:
        assert told("Meeting at most once") == "Meeting at most once"
        assert told("at least somewhat clear") == "at least somewhat clear"
        assert told("mouth") == "Mund"
        assert told("0.5") == "0,5"
    assert found == {"Meeting at most once", "at least somewhat clear"}


BIBLIOGRAPHY = re.compile(r"(?:Zhu et al|Wang, den Brinker|Back et al|Baile et al).*")
"""Methods that are nothing but authors, title and place: they stay as they are."""
NAMES = re.compile(
    r"POS|CHROM|OKS|MediaPipe.*|mien \d.*|[a-z]+[A-Z]\w*|\$.*\$|[\w. ]*_\w+|dlib|drawn|one|two"
    r"|shared.mp4|A <note> & more.|King, dlib <2017>|" + BIBLIOGRAPHY.pattern
)
"""What stays as it is: names of methods, channels, programs, networks and results."""


@pytest.mark.parametrize("original", [False, True])
def test_the_report_is_german_to_the_last_word(tmp_path, original):
    found = evidence(tmp_path, seen=verdict())
    with untold() as left:
        page.write(
            found, tmp_path / "de", include_original=original, language="de",
            heading="measured on 2026-11-28",
        )  # fmt: skip
    page.write(found, tmp_path / "en", include_original=original)
    assert {one for one in left if not NAMES.fullmatch(one)} == set()
    text = (tmp_path / "de" / "report.html").read_text("utf-8")
    assert '<html lang="de">' in text
    assert "gemessen am 28.11.2026" in text
    for name in ("metrics.json", "tables/frames.csv", "tables/lines.csv"):
        assert (tmp_path / "de" / name).read_bytes() == (tmp_path / "en" / name).read_bytes()


def test_tables_of_several_results_are_german(tmp_path):
    found = evidence(tmp_path, seen=verdict())
    rows = [
        {"engine": name, "clip": name, "metrics": found.metrics.to_json(), "error": None,
         "pairs": found.measures["dynamics"].pairs}
        for name in ("one", "two")
    ]  # fmt: skip
    with untold() as left:
        write_comparison(rows, tmp_path / "compared", language="de")
        write_cohort(rows, [], tmp_path / "cohort", language="de")
    assert {one for one in left if not NAMES.fullmatch(one)} == set()
    assert "Vergleich von 2 Ergebnissen" in (tmp_path / "compared/comparison.html").read_text()
    told_of = json.loads((tmp_path / "cohort" / "cohort.json").read_text())
    assert all(one.startswith("DOES NOT HOLD") for one in told_of["does_not_hold"])


def methods() -> set[str]:
    """What reports say of where measures come from, and by which trackers."""
    modules = [
        importlib.import_module(f"mien.fidelity.{one.name}")
        for one in pkgutil.iter_modules(mien.fidelity.__path__)
    ]
    found = {one.CITATION for one in modules if hasattr(one, "CITATION")}
    found |= {privacy.CITATION, expression.SOURCE, dynamics.TRACKER}
    return found | {*page.METHODS, *encounters.METHODS}


@pytest.mark.parametrize("other", OTHERS)
def test_methods_and_trackers_are_told(other):
    assert len(methods()) > 12
    with written_in(other):
        english = {one for one in methods() if told(one) == one}
    assert {one for one in english if not BIBLIOGRAPHY.fullmatch(one)} == set()


def test_the_german_report_has_german_methods(tmp_path):
    found = evidence(tmp_path, seen=verdict())
    cited = {"citation": resting.CITATION}
    for content in found.metrics.measures.values():
        if content:
            content.update(cited)
    found.metrics.measures["dynamics"]["tracker"] = dynamics.TRACKER
    found.metrics.measures["expression"]["note"] = f"Scores come from {expression.SOURCE}. " + (
        "Labels name what a face resembles most; on a phantom or a sick face they may be wrong, "
        "but should be wrong alike."
    )
    page.write(found, tmp_path / "de", language="de")
    text = (tmp_path / "de" / "report.html").read_text("utf-8")
    assert "dlib, 68 Punkte, davon die inneren 51" in text
    assert "<li>Eigenes Maß: Asymmetrie in Ruhe" in text
    assert "Die Werte kommen von MediaPipes Netz, aus der Familie" in text
    assert "of which the inner" not in text
    assert "second opinion" not in text
    assert "Own measure" not in text
