"""`mien expression capture`: what the terminal shows, and a phantom that is recorded."""

from __future__ import annotations

import json

import numpy as np
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from mien.cli.expression import expression
from mien.cli.expression.capture import capture
from mien.cli.expression.terminal import Terminal, draw
from mien.cli.failure import guarded
from mien.recording.capture import Capture
from mien.recording.protocol import Protocol
from mien.recording.screen import Screen, Stage
from mien.selfnorm.snapshot_files import read_snapshots


def shown(screen, width=60, height=12) -> list[str]:
    console = Console(width=width, height=height, file=open("/dev/null", "w"), legacy_windows=False)
    with console.capture() as printed:
        console.print(draw(screen, width, height), end="")
    return printed.get().split("\n")


def test_the_terminal_shows_point_and_progress():
    lines = shown(
        Screen(
            stage=Stage.RECORDING, text="Keep it.", expression="neutral", named="neutral", number=1,
            total=2, kept=4, wanted=8, fixation=(0.25, 0.5), waits=False, paused=None,
        )
    )  # fmt: skip
    assert len(lines) == 12 and max(map(len, lines)) <= 60
    assert [line.find("+") for line in lines if "+" in line] == [15]
    assert "4/8" in lines[-1] and lines[-1].count("█") == 18


@pytest.mark.parametrize(("language", "word"), [("de", "glücklich"), ("en", "happy")])
def test_the_head_names_the_expression_in_the_participants_language(language, word, capsys):
    session = Capture("P001", Protocol(("happy",), language=language, fixation_s=0.0))
    session.consent("form 12")
    session.start()
    seen = session.update(0.0, np.zeros(51))
    assert seen.stage is Stage.RECORDING and seen.expression == "happy"
    with Terminal() as terminal:
        terminal.show(seen)
    assert capsys.readouterr().err.startswith(f"1/1 {word}: ")
    assert shown(seen)[0].strip().startswith(f"1/1 {word}: ")


@pytest.fixture(scope="module")
def sitter(make_clip):
    """Somebody who smiles, and looks away for a while."""
    return make_clip(
        seconds=4, blinks=(), smile=(2.2, 5.0), turned=((1.0, 1.4),), head_motion=0.0, fps=8
    )


def test_a_clip_shorter_than_the_fixation_is_refused_for_that(sitter, tmp_path):
    out = tmp_path / "P001.parquet"
    done = run("P001", "-o", out, "--video", sitter.path, "--fixation", 60, "--consent", "form 12")
    assert done.exit_code == 2 and "while the point is shown" in " ".join(done.output.split())
    assert not out.exists()


def test_what_a_face_resembles_is_shown_as_it_happens(sitter):
    done = CliRunner().invoke(expression, ["live", "seven", "--video", str(sitter.path)])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert any("resembles happiness" in line for line in lines)
    times = [float(line.split(" s ")[0]) for line in lines]
    assert times == sorted(times) and times[0] == 0
    both = CliRunner().invoke(expression, ["live", "seven"])
    assert both.exit_code != 0


def test_a_phantom_is_replayed(sitter, tmp_path):
    """Through the tracker: pauses while it looks away, and smiles only when it smiles."""
    out = tmp_path / "P001.parquet"
    done = run("P001", "-o", out, "--video", sitter.path, "--expressions", "happiness",
               "--snapshots", 500, "--fixation", 0.2, "--consent", "form 12", "--json")  # fmt: skip
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    assert not record["complete"] and record["pauses"]
    assert 0.4 < record["pauses"][0]["begin_s"] < 1.2
    study = read_snapshots(out)
    assert study.expressions == ("happiness",) and len(study) == record["snapshots"]["happiness"]
    smile = study.scores[:, study.names.index("mouthSmileLeft")]
    times = study.times + 0.2
    assert not ((times > 1.0) & (times < 1.4)).any()
    assert (times > 3).sum() > 3 and (times < 0.7).sum() > 1
    assert smile[times > 3].mean() > smile[times < 0.7].mean() + 0.2
    assert not list(tmp_path.glob("*.png")) and len(list(tmp_path.iterdir())) == 2


def run(*words):
    app = typer.Typer()
    app.command()(guarded(capture))
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["P001", "-o", "a.parquet"], 2, "--camera"),
        (["P001", "-o", "a.parquet", "--camera", "0", "--video", "a.mp4"], 2, "not both"),
        (["Anna", "-o", "a.parquet", "--camera", "0"], 2, "pseudonym"),
        (["P001", "-o", "a.txt", "--camera", "0"], 6, ".parquet"),
        (["P001", "-o", "a.parquet", "--video", "no.mp4"], 3, "no such file"),
        (["P001", "-o", "a.parquet", "--camera", "0"], 2, "--consent"),
        (["P001", "-o", "a.parquet", "--camera", "0", "--language", "fr"], 2, '"de" or "en"'),
        (["P001", "-o", "a.parquet", "--camera", "97", "--consent", "x"], 3, "camera 97"),
    ],
)
def test_wrong_usage_ends_with_a_sentence(words, status, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run(*words)
    assert done.exit_code == status and said in done.output
    assert not list(tmp_path.iterdir())
