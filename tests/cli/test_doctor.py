"""`mien doctor`, `mien --version` and what people are advised."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mien import advice
from mien.cli.doctor import machine, models
from mien.cli.doctor.models import ASSETS, SUMS, sums_of


def test_the_sums_of_what_ships_are_right():
    """After a change under assets: python scripts/sum_assets.py."""
    lines = [f"{found}  {name}" for name, found in sums_of(ASSETS).items()]
    assert (ASSETS / SUMS).read_text().splitlines() == lines


def test_everything_is_looked_at(mien):
    run = mien("doctor", "--json")
    told = json.loads(run.stdout)
    assert run.exit_code == (0 if told["works"] else 1)
    parts = {check["part"] for check in told["checks"]}
    assert parts == {"machine", "packages", "models", "extras", "disk", "camera", "browser"}
    states = {(check["name"], check["state"]) for check in told["checks"]}
    assert ("face mesh", "ok") in states and ("of mien", "ok") in states
    assert all(check["advice"] for check in told["checks"] if check["state"] == "missing")


def test_a_damaged_model_is_found(monkeypatch, tmp_path):
    for name in ("a.npz", "b.npz"):
        (tmp_path / name).write_text(name)
    (tmp_path / SUMS).write_text("".join(f"{s}  {n}\n" for n, s in sums_of(tmp_path).items()))
    monkeypatch.setattr(models, "ASSETS", tmp_path)
    assert models.check_models()[0].state == "ok"
    (tmp_path / "b.npz").write_text("damaged")
    found = models.check_models()[0]
    assert found.state == "broken" and "b.npz" in found.words and found.advice


def test_extras_that_are_missing(monkeypatch):
    monkeypatch.setattr(machine, "find_spec", lambda name: None if name == "plotly" else name)
    assert machine.extras()["reports"] == ["plotly"] and machine.extras()["dicom"] == []


def test_the_version_comes_first(mien):
    lines = mien("--version").stdout.splitlines()
    assert lines[0].startswith("mien ") and len(lines[0].split()) == 2
    assert any(line.startswith("extras: ") for line in lines)


@pytest.mark.parametrize("extra", ["train", "reports", "c2pa"])
def test_advice_is_what_the_reader_can_type(monkeypatch, tmp_path, extra):
    monkeypatch.setattr(advice, "checkout", lambda: None)
    assert advice.to_get(extra) == f'pip install "mien[{extra}]"'
    monkeypatch.setattr(advice, "checkout", lambda: tmp_path)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    make = {"train": "make train-setup", "reports": "make app"}
    assert advice.to_get(extra) == make.get(extra, f'pip install -e "{tmp_path}[c2pa]"')
    monkeypatch.setattr(sys, "prefix", "/elsewhere")
    assert advice.to_get(extra) == f'pip install -e "{tmp_path}[{extra}]"'


def test_targets_that_are_named_exist():
    root = Path(__file__).parents[2]
    makefile = (root / "Makefile").read_text()
    for target in advice._TARGETS.values():
        assert f"\n{target}:" in makefile
        for page in ("README.md", "docs/installing.md"):
            assert f"make {target}" in (root / page).read_text(), page


def test_shells_complete_commands_and_options(monkeypatch):
    from typer.testing import CliRunner

    from mien.cli.app import app

    def answer(words: str, count: int) -> set[str]:
        env = {"_MIEN_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(count)}
        return set(CliRunner().invoke(app, [], prog_name="mien", env=env).stdout.split())

    assert {"deidentify", "demo", "doctor"} <= answer("mien d", 1)
    assert "--skip-existing" in answer("mien deidentify --sk", 2)
    for shell in ("bash", "zsh", "fish"):
        env = {"_MIEN_COMPLETE": f"source_{shell}"}
        assert "_MIEN_COMPLETE" in CliRunner().invoke(app, [], prog_name="mien", env=env).stdout
