"""The capture protocol on scripted streams, and a session replayed from a phantom clip."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from mien.blendshapes.prototypes import EXPRESSIONS, FIVE
from mien.blendshapes.scores import NAMES
from mien.cli.expression_capture import capture as command
from mien.cli.expression_capture import draw
from mien.cli.failure import guarded
from mien.errors import OutputError, ParameterError, VideoError
from mien.face.model import FaceModel
from mien.face.pose import head_pose
from mien.phantom.motion import rotation_of
from mien.recording.capture import INSTRUCTIONS, LANGUAGES, Capture, Protocol, Stage, pseudonym
from mien.recording.replay import replay
from mien.recording.sight import Sight
from mien.selfnorm.snapshots import Snapshots

STEP = 1 / 16  # seconds, exact in binary
FACE = np.full(len(NAMES), 0.25, np.float32)
AHEAD = (0.0, 0.0, 0.0)


class Camera:
    """Feeds a session a moment every `STEP`."""

    def __init__(self, session: Capture) -> None:
        self.session = session
        self.now = 0.0
        self.stages: list[Stage] = []

    def see(self, moments: int, scores=FACE, pose=AHEAD):
        for _ in range(moments):
            screen = self.session.update(self.now, scores, pose)
            self.stages.append(screen.stage)
            self.now += STEP
        return self.session.screen


def session(**settings) -> Capture:
    given = {
        "expressions": ("neutral", "happiness"), "snapshots": 8, "fixation_s": 0.5,
        "patience_s": 0.25, "settle_s": 0.5,
    }  # fmt: skip
    made = Capture("P001", Protocol(**{**given, **settings}))
    made.consent("form 12")
    return made


def recording(**settings) -> tuple[Capture, Camera]:
    """A session that is just about to keep its first snapshot."""
    made = session(**settings)
    made.start()
    camera = Camera(made)
    assert camera.see(8).stage is Stage.FIXATION
    return made, camera


def test_the_whole_course():
    made = Capture("P001", Protocol(FIVE, snapshots=10, fixation_s=0.5))
    assert made.screen.stage is Stage.CONSENT and made.screen.waits
    assert made.consent("form 12").stage is Stage.INSTRUCTION
    camera = Camera(made)
    for number, expression in enumerate(FIVE, 1):
        screen = made.screen
        assert screen.stage is Stage.INSTRUCTION and screen.waits and screen.fixation is None
        assert (screen.expression, screen.number, screen.total) == (expression, number, 5)
        assert camera.see(5).stage is Stage.INSTRUCTION  # nothing starts by itself
        screen = made.start()
        assert screen.stage is Stage.FIXATION and screen.fixation == (0.5, 0.5)
        assert camera.see(8).kept == 0
        screen = camera.see(1)
        assert screen.stage is Stage.RECORDING and screen.kept == 1
        assert camera.see(4).progress == 0.5
        camera.see(5)
    assert made.screen.stage is Stage.DONE and made.screen.expression is None
    study = made.snapshots()
    assert np.bincount(study.labels).tolist() == [10] * 5
    assert set(study.participants) == {"P001"}
    for k in range(5):
        assert study.times[study.labels == k].tolist() == [STEP * i for i in range(10)]
    assert made.record()["complete"] and not made.pauses
    assert camera.see(3).stage is Stage.DONE and len(made.snapshots()) == 50


def test_a_short_loss_drops_moments_and_does_not_pause():
    made, camera = recording()
    camera.see(3)
    assert camera.see(4, None).stage is Stage.RECORDING
    assert made.screen.kept == 3
    assert camera.see(5).stage is Stage.INSTRUCTION
    assert Stage.PAUSED not in camera.stages
    assert len(made.snapshots()) == 8 and made.snapshots().times[3] == 7 * STEP


@pytest.mark.parametrize(
    ("reason", "scores", "pose"),
    [
        ("lost", None, None),
        ("lost", np.full(len(NAMES), np.nan), AHEAD),
        ("turned", FACE, (25.0, 0.0, 0.0)),
        ("turned", FACE, (0.0, -21.0, 0.0)),
        ("turned", FACE, (15.0, 15.0, 0.0)),
        ("turned", FACE, (float("nan"), 0.0, 0.0)),
    ],
)
def test_a_face_that_is_lost_or_turned_pauses_the_recording(reason, scores, pose):
    made, camera = recording()
    camera.see(3)
    screen = camera.see(5, scores, pose)
    assert screen.stage is Stage.PAUSED and screen.paused == reason and screen.fixation is None
    assert camera.see(40, scores, pose).kept == 3
    # back: not at once, and not for a glimpse
    assert camera.see(7).stage is Stage.PAUSED
    camera.see(1, scores, pose)
    assert camera.see(8).stage is Stage.PAUSED
    assert made.screen.kept == 3
    camera.see(1)
    assert made.screen.stage is Stage.RECORDING
    assert camera.see(5).stage is Stage.INSTRUCTION
    assert np.bincount(made.snapshots().labels).tolist() == [8]
    [pause] = made.pauses
    assert (pause.expression, pause.reason) == ("neutral", reason)
    assert pause.begin_s == 11 * STEP and pause.seconds == 61 * STEP


@pytest.mark.parametrize("pose", [(19.0, 0.0, 0.0), (0.0, 19.0, 0.0), (0, 0, 60.0), None])
def test_a_face_may_turn_a_little_and_tilt(pose):
    made, camera = recording()
    camera.see(8, FACE, pose)
    assert made.screen.stage is Stage.INSTRUCTION and len(made.snapshots()) == 8


def test_the_point_is_shown_again_after_a_pause_before_the_recording():
    made = session()
    made.start()
    camera = Camera(made)
    camera.see(6)
    assert camera.see(6, None).stage is Stage.PAUSED
    assert camera.see(9).stage is Stage.FIXATION
    camera.see(8)
    assert made.screen.stage is Stage.FIXATION and made.screen.kept == 0
    camera.see(1)
    assert made.screen.stage is Stage.RECORDING


def test_the_reason_of_a_pause_follows_what_is_seen():
    made, camera = recording()
    assert camera.see(6, None).paused == "lost"
    lost = made.screen.text
    assert camera.see(2, FACE, (60, 0, 0)).paused == "turned"
    assert made.screen.text != lost
    turned = made.screen.text
    assert camera.see(2).text not in (lost, turned)  # on its way back


def test_stopping_keeps_what_is_there():
    made, camera = recording()
    camera.see(5)
    assert made.abort().stage is Stage.ABORTED
    assert camera.see(20).kept == 5 and len(made.snapshots()) == 5
    assert not made.record()["complete"]
    with pytest.raises(ParameterError):
        made.start()


def test_stopping_in_a_pause_ends_the_pause():
    made, camera = recording()
    camera.see(10, None)
    made.abort()
    assert made.pauses[0].seconds == pytest.approx(9 * STEP)


def test_an_expression_may_be_left_unfinished():
    made, camera = recording()
    camera.see(3)
    assert made.skip().expression == "happiness"
    made.start()
    camera.see(8 + 8)
    assert made.screen.stage is Stage.DONE and not made.record()["complete"]
    assert made.record()["snapshots"] == {"neutral": 3, "happiness": 8}
    with pytest.raises(ParameterError, match="nothing to skip"):
        made.skip()


def test_nothing_starts_before_consent():
    made = Capture("P001")
    with pytest.raises(ParameterError, match="Consent is not on record"):
        made.start()
    made.update(0.0, FACE, AHEAD)
    assert not len(made.snapshots())
    for line in ("", "a\nb", "x" * 201):
        with pytest.raises(ParameterError, match="one line"):
            made.consent(line)
    made.consent("form 12", datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert made.record()["consent"]["at"] == "2030-01-02T03:04:05+00:00"
    assert made.record()["consent"]["statement"] == "form 12"
    with pytest.raises(ParameterError, match="already"):
        made.consent("again")


def test_starts_and_clocks_are_checked():
    made, camera = recording()
    with pytest.raises(ParameterError, match="Nothing waits"):
        made.start()
    camera.see(3)
    with pytest.raises(ParameterError, match="go back"):
        made.update(0.0, FACE)
    with pytest.raises(ParameterError, match="51 scores"):
        made.update(camera.now, FACE[:4])


@pytest.mark.parametrize("name", ["P017", "patient-3", "7", "a_1"])
def test_pseudonyms_pass(name):
    assert pseudonym(name) == name


@pytest.mark.parametrize("name", ["Anna", "Anna Muster 1", "a1@b.org", "", "-1", "../P1", "P1\n"])
def test_what_may_be_a_name_is_refused(name):
    with pytest.raises(ParameterError, match="pseudonym"):
        Capture(name)


def test_every_expression_has_texts_in_both_languages():
    assert set(INSTRUCTIONS) == set(EXPRESSIONS)
    for language in LANGUAGES:
        said = [Protocol(language=language).instruction(name) for name in EXPRESSIONS]
        assert len(set(said)) == len(said) and all(text.endswith(".") for text in said)
    german, english = (Protocol(language=language) for language in LANGUAGES)
    assert all(german.instruction(name) != english.instruction(name) for name in EXPRESSIONS)
    assert "boredom" in english.instruction("boredom")
    own = Protocol(("boredom",), language="de", instructions={"boredom": {"de": "Gähnen Sie."}})
    made = Capture("P001", own)
    assert made.consent("form 12").text.startswith("Gähnen Sie.")
    assert made.record()["protocol"]["instructions"] == {"boredom": "Gähnen Sie."}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_stage_says_something(language):
    made = Capture("P001", Protocol(("neutral",), snapshots=2, language=language, settle_s=0.1))
    texts = [made.screen.text, made.consent("form 12").text, made.start().text]
    camera = Camera(made)
    texts.append(camera.see(30).text)
    assert made.screen.stage is Stage.DONE
    assert all(texts) and len(set(texts)) == 4


@pytest.mark.parametrize(
    "settings",
    [
        {"expressions": ()},
        {"expressions": ("fear", "fear")},
        {"expressions": ("a\tb",)},
        {"snapshots": 0},
        {"language": "fr"},
        {"fixation": (0.5, 1.5)},
        {"settle_s": -1.0},
        {"turn_deg": 0.0},
    ],
)
def test_bad_protocols_are_refused(settings):
    with pytest.raises(ParameterError):
        Protocol(**settings)


def test_sessions_are_saved_and_joined(tmp_path):
    for name in ("P001", "P002"):
        made = Capture(name, Protocol(("neutral", "happiness"), snapshots=4), device="webcam")
        made.consent("form 12")
        camera = Camera(made)
        while made.stage is not Stage.DONE:
            if made.screen.waits:
                made.start()
            camera.see(1)
        made.save(tmp_path / f"{name}.parquet")
        with pytest.raises(OutputError, match="already exists"):
            made.save(tmp_path / f"{name}.parquet")
        made.save(tmp_path / f"{name}.parquet", overwrite=True)
    study = Snapshots.load(tmp_path)
    assert len(study) == 16 and set(study.participants) == {"P001", "P002"}
    assert np.allclose(study.scores, 0.25) and set(study.devices) == {"webcam"}
    record = json.loads((tmp_path / "P002.json").read_text())
    assert record["participant"] == "P002" and record["complete"]
    assert record["protocol"]["snapshots"] == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "P001.json", "P001.parquet", "P002.json", "P002.parquet",
    ]  # fmt: skip


def test_an_empty_session_is_not_saved(tmp_path):
    with pytest.raises(ParameterError, match="Nothing was recorded"):
        session().save(tmp_path / "a.parquet")
    assert not list(tmp_path.iterdir())


def test_a_record_in_the_way_is_not_replaced(tmp_path):
    (tmp_path / "a.json").write_text("mine")
    made, camera = recording()
    camera.see(2)
    with pytest.raises(OutputError, match="already exists"):
        made.save(tmp_path / "a.parquet")
    assert (tmp_path / "a.json").read_text() == "mine"
    assert not (tmp_path / "a.parquet").exists()


def shown(screen, width=60, height=12) -> list[str]:
    console = Console(width=width, height=height, file=open("/dev/null", "w"), legacy_windows=False)
    with console.capture() as printed:
        console.print(draw(screen, width, height), end="")
    return printed.get().split("\n")


def test_the_terminal_shows_point_and_progress():
    made, camera = recording(fixation=(0.25, 0.5))
    camera.see(4)
    lines = shown(made.screen)
    assert len(lines) == 12 and max(map(len, lines)) <= 60
    assert [line.find("+") for line in lines if "+" in line] == [15]
    assert "4/8" in lines[-1] and lines[-1].count("█") == 18


class Script:
    """An eye that sees a face from some picture to another, whatever the picture."""

    def __init__(self, blind: range = range(0)) -> None:
        self.blind = blind
        self.seen = 0

    def see(self, image: np.ndarray) -> Sight | None:
        self.seen += 1
        if self.seen in self.blind:
            return None
        return Sight(FACE, AHEAD, np.zeros((478, 3)))


def test_one_clip_holds_all_expressions(brief):
    made = session(snapshots=2, fixation_s=0.0)
    screens = []
    last = replay(made, [brief.path], Script(), screens.append)
    assert last.stage is Stage.DONE
    assert np.bincount(made.snapshots().labels).tolist() == [2, 2]
    assert {screen.expression for screen in screens} == {"neutral", "happiness", None}


def test_a_clip_that_ends_too_soon_stops_the_session(brief):
    made = session(snapshots=5, fixation_s=0.0)
    assert replay(made, [brief.path], Script()).stage is Stage.ABORTED
    assert len(made.snapshots()) == len(brief.truth.pts)
    assert made.snapshots().labels.max() == 1


def test_a_clip_for_each_expression(brief):
    made = session(snapshots=50, fixation_s=0.0)
    frames = len(brief.truth.pts)
    assert replay(made, [brief.path, brief.path], Script(range(3, 5))).stage is Stage.DONE
    assert made.record()["snapshots"] == {"neutral": frames - 2, "happiness": frames}
    with pytest.raises(ParameterError, match="3 clips do not fit 2"):
        replay(session(), [brief.path] * 3, Script())


def test_a_broken_clip_says_so(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with pytest.raises(VideoError):
        replay(session(), [tmp_path / "a.mp4"], Script())


@pytest.fixture(scope="module")
def sitter(make_clip):
    """Somebody who smiles, and looks away for a while."""
    return make_clip(
        seconds=4, blinks=(), smile=(2.2, 5.0), turned=((1.0, 1.4),), head_motion=0.0, fps=8
    )


def test_a_phantom_is_replayed(sitter, tmp_path):
    """Through the tracker: pauses while it looks away, and smiles only when it smiles."""
    out = tmp_path / "P001.parquet"
    done = run("P001", "-o", out, "--video", sitter.path, "--expressions", "happiness",
               "--snapshots", 500, "--fixation", 0.2, "--consent", "form 12", "--json")  # fmt: skip
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    assert not record["complete"] and record["pauses"]
    assert 0.4 < record["pauses"][0]["begin_s"] < 1.2
    study = Snapshots.load(out)
    assert study.expressions == ("happiness",) and len(study) == record["snapshots"]["happiness"]
    smile = study.scores[:, study.names.index("mouthSmileLeft")]
    times = study.times + 0.2
    assert not ((times > 1.0) & (times < 1.4)).any()
    assert (times > 3).sum() > 3 and (times < 0.7).sum() > 1
    assert smile[times > 3].mean() > smile[times < 0.7].mean() + 0.2
    assert not list(tmp_path.glob("*.png")) and len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("turn", [(0, 0, 0), (25, 0, 0), (-30, 10, 0), (5, -15, 20), (0, 8, -40)])
def test_the_turn_of_a_head_is_measured(turn):
    model = FaceModel.load()
    straight = model.shape(np.zeros(len(model.identity)))
    level = head_pose(90 * straight + [320, 200, 0])[1]
    yaw, pitch, roll = head_pose(90 * straight @ rotation_of(*turn).T + [320, 200, 0])
    assert (yaw, pitch - level, roll) == pytest.approx(turn, abs=1e-6)
    assert -12 < level < 0


def run(*words):
    app = typer.Typer()
    app.command()(guarded(command))
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
