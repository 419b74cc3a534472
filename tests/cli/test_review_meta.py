"""`mien review meta`: numbers, a page, and refusals."""

from __future__ import annotations

import json

import pytest

ROWS = [(22, 3, 4, 40), (35, 6, 9, 61), (12, 1, 2, 20), (48, 9, 6, 80), (17, 2, 8, 33)]


@pytest.fixture
def studies(tmp_path):
    path = tmp_path / "studies.csv"
    lines = [f"<b>A</b> $x_{k}$,{','.join(map(str, row))}" for k, row in enumerate(ROWS)]
    path.write_text("study,tp,fp,fn,tn\n" + "\n".join(lines) + "\n")
    return path


def test_numbers_alone_write_nothing(mien, studies):
    run = mien("review", "meta", studies, "--json")
    assert run.exit_code == 0
    found = json.loads(run.stdout)
    assert (
        found["n"] == 5 and 0.7 < found["bivariate_binomial"]["all"]["sensitivity"]["value"] < 0.9
    )
    assert [path.name for path in studies.parent.iterdir()] == ["studies.csv"]


def test_a_folder_holds_page_tables_and_figures(mien, studies):
    out = studies.parent / "out"
    run = mien("review", "meta", studies, "-o", out)
    assert run.exit_code == 0, run.output
    page = (out / "report.html").read_text()
    assert "&lt;b&gt;A&lt;/b&gt;" in page and "<b>A</b>" not in page
    assert "<h1>Diagnostic accuracy: studies</h1>" in page
    for name in ("forest", "sroc", "funnel", "leave-one-out"):
        assert (out / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert b"<svg" in (out / "figures" / f"{name}.svg").read_bytes()
    assert json.loads((out / "synthesis.json").read_text())["n"] == 5
    assert mien("review", "meta", studies, "-o", out).exit_code == 6
    assert mien("review", "meta", studies, "-o", out, "--overwrite").exit_code == 0


def test_few_studies_make_a_page_without_pooling(mien, studies):
    studies.write_text("".join(studies.read_text().splitlines(keepends=True)[:3]))
    out = studies.parent / "out"
    run = mien("review", "meta", studies, "-o", out)
    assert run.exit_code == 0 and "not pooled" in run.stdout
    assert "SWiM" in (out / "report.html").read_text()


def test_bad_input_is_one_sentence(mien, studies):
    assert mien("review", "meta", studies.parent / "none.csv").exit_code == 3
    studies.write_text("study,tp\nA,1\n")
    run = mien("review", "meta", studies, "-o", studies.parent / "out")
    assert run.exit_code == 3 and run.stderr.count("\n") == 1
    assert not (studies.parent / "out").exists()


def test_page_and_methods_are_german(mien, studies):
    out = studies.parent / "out"
    run = mien("review", "meta", studies, "-o", out, "--language", "de")
    assert run.exit_code == 0 and "sensitivity" in run.stdout  # the terminal stays English
    assert '<html lang="de">' in (out / "report.html").read_text()
    assert "Konfidenzintervallen" in (out / "methods.txt").read_text()
    run = mien("review", "meta", studies, "-o", out, "--overwrite", "--language", "fr")
    assert run.exit_code == 2 and "choose en or de" in run.stderr
