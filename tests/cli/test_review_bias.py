"""`mien review bias`: a form is written, filled in, and comes back as figures."""

from __future__ import annotations

import json


def test_from_an_empty_form_to_figures(mien, tmp_path):
    paths = {}
    for who in ("anna", "ben"):
        paths[who] = tmp_path / f"{who}.csv"
        options = ("--tool", "quadas2", "--study", "A", "--study", "B", "--assessor", who)
        run = mien("review", "bias", "--form", *options, "-o", paths[who])
        assert run.exit_code == 0, run.output
        answer = "high" if who == "ben" else "low"
        text = paths[who].read_text()
        lines = [text.splitlines()[0]]
        for line in text.splitlines()[1:]:
            cells = line.split(",")
            if cells[4] == "judgement" and cells[3] != "overall":
                cells[5] = answer if cells[3] == "flow" else "low"
            lines.append(",".join(cells))
        paths[who].write_text("\n".join(lines) + "\n")
    out = tmp_path / "bias"
    run = mien("review", "bias", *paths.values(), "-o", out, "--json")
    assert run.exit_code == 0, run.output
    found = json.loads(run.stdout)["quadas2"]
    assert found["agreement"]["share"] == 0.75 and len(found["differences"]) == 2
    assert "Not agreed yet" in (out / "report.html").read_text()
    assert (out / "figures" / "bias-quadas2-studies.svg").is_file()
    assert mien("review", "bias", *paths.values(), "-o", out).exit_code == 6


def test_what_is_missing_is_said(mien, tmp_path):
    assert mien("review", "bias").exit_code == 2
    assert mien("review", "bias", "--form", "-o", tmp_path / "f.csv").exit_code == 2
    assert mien("review", "bias", tmp_path / "none.csv").exit_code == 3
    assert not list(tmp_path.iterdir())
