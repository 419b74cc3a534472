"""The demo's script has enough to answer, and the demo reads it to the end."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from encounters import encounter
from mien.cli.encounter import encounter as command
from mien.encounter.observation import NEGATIVE
from mien.phantom.consultation import consultation, read_as_scripted


def test_feedback_has_enough_to_answer():
    script = consultation()
    negative = [
        *(spell for spell in script.patient if spell[2] in NEGATIVE),
        *(spell for spell in script.doctor if spell[2] in NEGATIVE),
    ]
    assert len(negative) >= 3
    assert all(end - start >= 4 for start, end, _ in negative)
    read = encounter(script.doctor, script.patient, 40)
    right, all_of = read_as_scripted(read, script)
    assert right == all_of > 60


@pytest.mark.thorough
def test_the_demo_is_read_as_scripted_and_both_videos_are_given(tmp_path):
    done = CliRunner().invoke(command, ["report", "--demo", "-o", str(tmp_path / "demo")])
    assert done.exit_code == 0, done.output
    right, all_of = next(
        (int(words[0]), int(words[2]))
        for line in done.stdout.splitlines()
        if "scripted seconds were read" in line and (words := line.split())
    )
    assert all_of == 79 and right >= 77
    script = consultation()
    negative = sorted(spell for spell in (*script.doctor, *script.patient) if spell[2] in NEGATIVE)
    said = [line for line in done.stdout.splitlines() if "resembling" in line]
    assert len(said) == len(negative)
    for line, (start, _, expression) in zip(said, negative, strict=True):
        assert f"resembling {expression}" in line and abs(int(line.split()[0]) - start) <= 2
    given = {path.name for path in (tmp_path / "demo" / "report" / "videos").glob("*.mp4")}
    assert given == {"doctor.mp4", "patient.mp4"}
