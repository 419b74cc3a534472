"""`mien encounter`: what is said, what is written, and which status it ends with."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from encounters import clip, encounter
from mien.cli.encounter import encounter as command
from mien.encounter import analysis
from mien.errors import PrivacyError
from mien.phantom import encounter as drawn
from mien.pipeline import deidentify as pipeline
from mien.release import encounter as dataset
from mien.report.drawing import Drawing
from mien.report.encounter import page


@pytest.fixture
def run():
    app = typer.Typer()
    app.add_typer(command, name="encounter")
    app.callback()(lambda: None)
    return lambda *words: CliRunner().invoke(app, ["encounter", *map(str, words)])


@pytest.fixture
def recordings(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    return clip(folder / "one.mp4", seed=1), clip(folder / "two.mp4", seed=2)


@pytest.fixture
def quick(monkeypatch):
    """Recordings are read as scripted and drawn without figures."""
    state = SimpleNamespace(settings=[], videos=[])

    def analyse(*videos, **settings):
        state.videos.append(videos)
        state.settings.append(settings["settings"])
        return encounter([(8, 12, "happiness")], [(3, 8, "sadness")])

    monkeypatch.setattr(analysis, "analyse", analyse)
    drawings = [Drawing("timeline", "A figure.", b"png", b"svg")]
    monkeypatch.setattr(page, "figures", lambda *of: iter(drawings))
    return state


def test_two_recordings_give_a_report(tmp_path, run, recordings, quick):
    one, two = recordings
    out = tmp_path / "report"
    done = run("--doctor", one, "--patient", two, "-o", out, "--no-video", "--offset", "1.5")
    assert done.exit_code == 0, done.output
    assert "resembling sadness" in done.stdout
    assert str(out / "report.html") in done.stdout
    assert (out / "report.html").is_file()
    assert quick.videos == [(one, two)]
    assert quick.settings[0].offset == 1.5
    again = run("--doctor", one, "--patient", two, "-o", out, "--no-video")
    assert again.exit_code == 6


def test_one_recording_and_json(tmp_path, run, recordings, quick):
    done = run(
        recordings[0], "-o", tmp_path / "report", "--no-video", "--json", "--doctor-is", "left",
        "--language", "de",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout)
    assert content["feedback"][0]["rule"] == "name-sadness"
    assert "Trauer ähnelt" in content["feedback"][0]["words"]
    assert set(content["tables"]) >= {"counts", "comparison", "latency"}
    assert quick.settings[0].references == {"doctor": "left"}


def test_the_page_has_videos_only_if_they_could_be_deidentified(
    tmp_path, run, recordings, quick, monkeypatch
):
    def deidentify(source, output, settings, **rest):
        assert settings.voice == "mute"
        clip(output, seed=9, sound=False)
        manifest = output.with_suffix(".json")
        manifest.write_text("{}")
        return SimpleNamespace(manifest=manifest)

    monkeypatch.setattr(pipeline, "deidentify", deidentify)
    words = ("--doctor", recordings[0], "--patient", recordings[1], "-o")
    done = run(*words, tmp_path / "good")
    assert done.exit_code == 0, done.output
    assert 'id="clip-patient"' in (tmp_path / "good/report.html").read_text()
    assert (tmp_path / "good/videos/doctor.mp4").is_file()

    def withheld(*_, **__):
        raise PrivacyError("The output was withheld: try another.")

    monkeypatch.setattr(pipeline, "deidentify", withheld)
    done = run(*words, tmp_path / "bad")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "bad/report.html").read_text()
    assert "<video" not in text and "The output was withheld: try another." in text
    assert not (tmp_path / "bad/videos").exists()


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("--doctor", "{one}"), 2, "or --doctor and --patient"),
        (("{one}", "--patient", "{two}"), 2, "or --doctor and --patient"),
        (("{one}", "--language", "fr"), 2, "choose en or de"),
        (("{one}", "--offset", "1"), 2, "leave --offset out"),
        (("{one}", "--demo"), 2, "leave the videos out"),
        (("{one}", "--deidentified", "{one}"), 5, "is a recording itself"),
        (("{one}", "--deidentified", "{one}", "--deidentified", "{two}"), 2, "2 times for 1"),
        (("{one}", "--rules", "{two}"), 2, "cannot be read"),
    ],
)
def test_wrong_usage_is_one_sentence(tmp_path, run, recordings, words, status, sentence, quick):
    places = {"one": recordings[0], "two": recordings[1]}
    done = run(*(word.format(**places) for word in words), "-o", tmp_path / "report")
    assert done.exit_code == status
    said = done.stderr.strip().splitlines()
    assert len(said) == 1 and sentence in said[0], said
    assert not (tmp_path / "report").exists()


def test_the_recordings_are_never_replaced(run, recordings, quick):
    done = run(recordings[0], "-o", recordings[0].parent, "--overwrite", "--no-video")
    assert done.exit_code == 6
    assert recordings[0].is_file()


def test_publish(tmp_path, run, recordings, monkeypatch):
    asked = {}

    def publish(doctor, patient, folder, options, **rest):
        asked.update(doctor=doctor, patient=patient, options=options, **rest)
        one = encounter([(8, 12, "happiness")], [(3, 8, "sadness")])
        from mien.encounter.agreement import agreement

        found = agreement(one.timelines.values(), one.timelines.values())
        return dataset.Published(folder, {"files": {"a": {}}}, found)

    monkeypatch.setattr(dataset, "publish", publish)
    words = ("publish", "--doctor", recordings[0], "--patient", recordings[1], "-o", tmp_path / "x")
    done = run(*words, "--voice", "keep", "--baselines", "blur", "--consent", "both agreed")
    assert done.exit_code == 0, done.output
    assert "κ = 1.00" in done.stdout
    assert (asked["options"].voice, asked["options"].baselines) == ("keep", ("blur",))
    done = run(*words, "--json")
    assert json.loads(done.stdout)["folder"] == str(tmp_path / "x")
    done = run(*words, "--voice", "loud")
    assert done.exit_code == 2


@pytest.mark.parametrize("words", [("--help",), ("publish", "--help")])
def test_help_has_an_example(run, words):
    done = run(*words)
    assert done.exit_code == 0
    assert "Example: mien encounter" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("out", "more", "status", "said"),
    [
        ("none/demo", (), 6, "does not exist"),
        ("demo", ("--moments", "99"), 2, "fps must lie"),
        ("demo", ("--resolution", "0"), 2, "resolution must lie"),
        ("demo", ("--rules", "nowhere.toml"), 2, "cannot be read: No such file"),
    ],
)
def test_a_demo_that_is_refused_makes_no_folder(tmp_path, run, quick, out, more, status, said):
    done = run("--demo", "-o", tmp_path / out, *more)
    assert done.exit_code == status and said in done.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("there", [False, True])
def test_a_demo_that_breaks_off_leaves_no_half_of_it(tmp_path, run, quick, monkeypatch, there):
    out = tmp_path / "demo"
    if there:
        out.mkdir()

    def breaks_off(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(drawn, "write_sound", breaks_off)
    done = run("--demo", "-o", out)
    assert done.exit_code == 130 and not quick.videos
    assert [path.name for path in tmp_path.rglob("*")] == (["demo"] if there else [])
