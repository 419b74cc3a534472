"""`mien review protocol` and `extract`: from the published protocol to the bias chart."""

from __future__ import annotations

import json

from mien.review.extraction.values import Value, to_csv


def test_the_published_protocol_becomes_texts(mien, tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(mien("review", "protocol", "--example").stdout)
    out = tmp_path / "texts"
    run = mien("review", "protocol", path, "-o", out)
    assert run.exit_code == 0 and "5 databases" in run.stdout
    assert "PsycINFO" in (out / "prospero.txt").read_text()
    assert (out / "prisma-p.md").is_file()
    assert mien("review", "protocol", path, "-o", out).exit_code == 6
    assert json.loads(mien("review", "protocol", path, "--json").stdout)["version"] == "1"
    path.write_text("title = 3\n")
    assert mien("review", "protocol", path).exit_code == 3
    assert mien("review", "protocol").exit_code == 2


def test_values_become_a_page_and_a_table_to_pool(mien, tmp_path):
    form = tmp_path / "form.csv"
    assert mien("review", "extract", "--form", "--study", "A", "-o", form).exit_code == 0
    assert form.read_text().count("\n") == 27
    path, out = tmp_path / "anna.csv", tmp_path / "data"
    values = [Value("<b>A", "anna", key, "7") for key in ("tp", "fp", "fn", "tn")]
    values.append(Value("<b>A", "anna", "accuracy_by_sex", "women: 0.8/9; men: 0.9/9", "q", "3"))
    path.write_text(to_csv(values))
    run = mien("review", "extract", path, "-o", out, "--json")
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout)["fairness"]["reported"]["sex"]["accuracy"] == 1
    assert (out / "accuracy.csv").read_text().startswith("study,tp,fp,fn,tn,cause")
    assert "&lt;b&gt;A" in (out / "report.html").read_text()
    assert (out / "figures" / "fairness.svg").is_file()
    assert mien("review", "extract", tmp_path / "none.csv").exit_code == 3
    assert mien("review", "extract").exit_code == 2
