"""A data set holds what its schema says, nothing of the originals, and reads back."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from encounters import clip, covered, encounter
from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.observation import ROLES
from mien.encounter.timeline_files import load_timelines
from mien.errors import NoFaceError, OutputError, ParameterError, PrivacyError
from mien.outputs import checksum
from mien.release.encounter import Options, dataset, labels, publish

PATIENT = [(5, 12, "sadness"), (15, 20, "fear")]


@pytest.fixture(scope="module")
def before():
    found = encounter(
        [(8, 12, "happiness")], PATIENT, notes=("secretname.mp4 has no sound.",), missing=[(13, 14)]
    )
    assert found.tables
    return found


@pytest.fixture
def recordings(tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    return clip(own / "secretname.mp4", seed=1), clip(own / "other-name.mp4", seed=2)


@pytest.fixture
def quick(monkeypatch):
    """Faces are covered at once, and read as scripted: the engine and the classifier are not
    what is tested."""
    state = SimpleNamespace(settings=[], seen=[], leave=(), after=[(8, 12, "happiness")])

    def deidentify(source, output, settings, *, progress=None, withhold=True):
        state.settings.append(settings)
        covered(source, output, leave=state.leave, voice=settings.voice)
        manifest = output.with_suffix(".json")
        record = {
            "label": "Synthetic",
            "input": {"sha256": checksum(source)},
            "ledger": {"counts": {"rendered": 20}, "ranges": []},
            "privacy": [{"person": 0, "nearest": 0.7, "threshold": 0.6, "worst": [1]}],
            "residual_faces": {"found": 0},
            "linkable": {"by_input_checksum": True, "by_facial_motion": True},
        }
        manifest.write_text(json.dumps(record))
        return SimpleNamespace(manifest=manifest, record=record)

    def analyse(*videos, **settings):
        state.seen.append([str(video) for video in videos])
        if any("blur" in str(video) for video in videos):
            raise NoFaceError("No face was found.")
        return encounter(state.after, PATIENT)

    monkeypatch.setattr(dataset, "deidentify", deidentify)
    for module in (dataset, labels):
        monkeypatch.setattr(module, "analyse", analyse)
    return state


def test_it_holds_what_its_schema_says_and_reads_back(tmp_path, quick, recordings, before):
    made = publish(*recordings, tmp_path / "shared", encounter=before)
    folder = made.folder
    table = pq.read_table(folder / "timeline.parquet")
    described = json.loads((folder / "schema.json").read_text())["timeline.parquet"]["columns"]
    assert [column["name"] for column in described] == table.column_names
    assert [column["type"] for column in described] == [
        str(field.type).replace("float", "float32").replace("double", "float64")
        if str(field.type) in ("float", "double")
        else str(field.type)
        for field in table.schema
    ]
    assert table.num_rows == 48
    assert (folder / "timeline.csv").read_text().count("\n") == 49
    back = load_timelines(folder / "timeline.parquet")
    for role in ROLES:
        assert (back[role].dominant == before.timelines[role].dominant).all()
    moments = load_timelines(folder / "moments.parquet")
    assert moments["doctor"].resolution == pytest.approx(0.2)
    patient = table.filter(table["role"].to_numpy() == "patient").to_pylist()
    assert patient[13]["expression"] is None and patient[13]["reason"]
    assert patient[6]["expression_deidentified"] == "sadness"


def test_the_manifest_names_every_file_and_none_of_the_originals(
    tmp_path, quick, recordings, before
):
    made = publish(*recordings, tmp_path / "shared", encounter=before)
    manifest = json.loads((made.folder / "manifest.json").read_text())
    inside = {
        path.relative_to(made.folder).as_posix(): checksum(path)
        for path in made.folder.rglob("*")
        if path.is_file() and path.name not in ("manifest.json", ".mien-files")
    }
    assert {name: entry["sha256"] for name, entry in manifest["files"].items()} == inside
    everything = b"".join(path.read_bytes() for path in made.folder.rglob("*") if path.is_file())
    for secret in ("secretname", "other-name", *map(checksum, recordings)):
        assert secret.encode() not in everything
    assert "the doctor's recording has no sound" in " ".join(
        json.loads((made.folder / "tables.json").read_text())["notes"]
    ).replace("The", "the")
    assert not list(made.folder.rglob("videos/*.json"))
    assert all(settings.voice == "mute" for settings in quick.settings)


def test_the_card_says_what_became_of_the_labels(tmp_path, quick, recordings, before):
    quick.after = [(8, 12, "surprise")]
    made = publish(
        *recordings,
        tmp_path / "shared",
        Options(baselines=("blur",), consent="both, in writing", title="Visit 12"),
        encounter=before,
    )
    assert 0 < made.agreement.kappa < 1
    assert made.agreement.by_expression["happiness"] == pytest.approx(0)
    assert made.agreement.by_expression["fear"] == pytest.approx(1)
    card = (made.folder / "DATA_CARD.md").read_text()
    assert card.startswith("# Visit 12")
    for heading in (
        "Motivation", "Composition", "Collection", "Preprocessing", "Uses", "Distribution",
        "Maintenance",
    ):  # fmt: skip
        assert f"\n## {heading}\n" in card
    assert "both, in writing" in card
    assert f"| mesh, both people | {made.agreement.kappa:.2f} |" in card
    assert "| blur, both people | – | – | – | 0 | 47 | 0.00 |" in card
    blur = made.manifest["label_agreement"]["baselines"]["blur"]["all"]
    assert (blur["kappa"], blur["lost"]) == (None, 47)
    assert not [path for path in made.folder.rglob("*") if "blur" in path.name]


def test_an_original_frame_withholds_it(tmp_path, quick, recordings, before):
    quick.leave = (11,)
    with pytest.raises(PrivacyError, match=r"withheld.*1 frame of the original unchanged"):
        publish(*recordings, tmp_path / "shared", encounter=before)
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_a_name_in_the_users_own_words_withholds_it(tmp_path, quick, recordings, before):
    with pytest.raises(PrivacyError, match=r"DATA_CARD.md holds the name of an original"):
        publish(*recordings, tmp_path / "shared", Options(title="On secretname"), encounter=before)
    assert not (tmp_path / "shared").exists()


def test_sound_is_inside_only_if_asked_for(tmp_path, quick, recordings, before, monkeypatch):
    made = publish(*recordings, tmp_path / "one", Options(voice="keep"), encounter=before)
    assert "with the original sound" in (made.folder / "DATA_CARD.md").read_text()
    engine = dataset.deidentify

    def careless(source, output, settings, **rest):
        result = engine(source, output, settings, **rest)
        covered(source, output, voice="keep")
        return result

    monkeypatch.setattr(dataset, "deidentify", careless)
    with pytest.raises(PrivacyError, match="has sound"):
        publish(*recordings, tmp_path / "two", encounter=before)


def test_one_recording_of_both(tmp_path, quick, recordings, before, monkeypatch):
    swapped = encounter(PATIENT, [(8, 12, "happiness")])
    monkeypatch.setattr(labels, "analyse", lambda *videos, **settings: swapped)
    made = publish(recordings[0], None, tmp_path / "shared", encounter=before)
    assert (made.folder / "videos" / "both.mp4").is_file()
    # faces were exchanged: who is who follows from how they move
    assert made.agreement.kappa == pytest.approx(1)


def test_an_older_one_is_replaced_only_if_asked_and_only_if_it_is_one(
    tmp_path, quick, recordings, before
):
    folder = publish(*recordings, tmp_path / "shared", encounter=before).folder
    with pytest.raises(OutputError, match="not empty"):
        publish(*recordings, folder, encounter=before)
    publish(*recordings, folder, encounter=before, overwrite=True)
    shutil.copy(recordings[0], folder / "mine.mp4")
    with pytest.raises(OutputError, match=r"mine\.mp4, which would be shared"):
        publish(*recordings, folder, encounter=before, overwrite=True)
    assert (folder / "mine.mp4").is_file()


def test_the_recordings_are_never_in_the_folder(quick, recordings, before):
    with pytest.raises(OutputError, match="choose another folder"):
        publish(*recordings, recordings[0].parent, encounter=before)


def test_options_are_checked():
    with pytest.raises(ParameterError, match="voice"):
        Options(voice="loud")
    with pytest.raises(ParameterError, match="baseline"):
        Options(baselines=("fog",))


def test_the_schema_names_every_expression():
    names = [column["name"] for column in dataset.schema()["timeline.parquet"]["columns"]]
    assert {f"p_{name}" for name in EXPRESSIONS} < set(names)
