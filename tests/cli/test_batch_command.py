"""`mien batch`: what it refuses, what its options are for, and what it says at the end."""

from __future__ import annotations

import batches
from mien.cli import batch as command


def make(folder, clips):
    """A plan of clips by name, with what becomes of them."""
    for name, words in clips.items():
        (folder / f"{name}.mp4").write_text(f"{name} {words}")
    plan = folder / "plan.csv"
    plan.write_text("path,pseudonym\n" + "".join(f"{name}.mp4,{name}\n" for name in clips))
    return plan


def test_a_plan_that_cannot_be_begun_leaves_no_folder(mien, tmp_path):
    plan, out = tmp_path / "plan.csv", tmp_path / "out"
    for columns, wrong, named in (
        ("settings", "engine=foo", "Row 2 of the plan: There is no engine called 'foo'"),
        ("settings", "withhold=often", "Row 2 of the plan: "),
        ("profile", "nothing", "Row 2 of the plan: There is no profile called 'nothing'"),
    ):
        plan.write_text(f"path,{columns}\na.mp4,\nb.mp4,{wrong}\n")
        ran = mien("batch", plan, "-o", out)
        assert ran.exit_code == 3 and named in ran.stderr, ran.output
        assert not out.exists()
    for words in (("--withhold", "often"), ("--surroundings", "sea"), ("--profile", "nothing")):
        plan.write_text("path\na.mp4\n")
        assert mien("batch", plan, "-o", out, *words).exit_code == 2
        assert not out.exists()


def test_options_count_where_a_row_says_nothing_else(mien, tmp_path, monkeypatch):
    asked = {}

    class Seeing(batches.Here):
        def start(self, task):
            asked[task.name] = task.settings
            super().start(task)

    monkeypatch.setattr(command, "_pool", lambda *given: Seeing(1))
    for name in "ab":
        (tmp_path / f"{name}.mp4").write_text(name)
    plan = tmp_path / "plan.csv"
    plan.write_text("path,pseudonym,settings\na.mp4,A,\nb.mp4,B,crf=30; surroundings=keep\n")
    words = ("--surroundings", "blur", "--withhold", "any", "--crf", 20)
    assert mien("batch", plan, "-o", tmp_path / "out", *words).exit_code == 0
    assert (asked["A"].surroundings, asked["A"].withhold, asked["A"].crf) == ("blur", "any", 20)
    assert (asked["B"].surroundings, asked["B"].withhold, asked["B"].crf) == ("keep", "any", 30)


def test_what_is_said_at_the_end(mien, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "_pool", lambda *given: batches.Here(1))
    report = tmp_path / "out" / "report"

    def said(clips):
        ran = mien("batch", make(tmp_path, clips), "-o", tmp_path / "out")
        assert ran.stdout.splitlines()[0].rstrip(".") not in ran.stderr  # said once
        return ran.stdout.splitlines()

    assert said({"a": "no-face"}) == [
        "0 of 1 clip is done.",
        "1 is in quarantine: see why, mend it, and start again with --retry.",
        f"{report / 'batch.csv'} lists every clip; beside it, quarantine.csv what is in "
        "quarantine.",
    ]
    assert said({"b": ""}) == ["1 of 1 clip is done.", f"{report / 'batch.csv'} lists every clip."]
    assert said({"b": "", "c": ""})[0] == "2 of 2 clips are done (1 now, 1 before)."
