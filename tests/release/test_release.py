"""What a release holds, what stops it, and that nothing is left when it is stopped."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import struct
import zipfile
from fractions import Fraction
from pathlib import Path

import av
import pytest

from encounters import FPS, clip, covered
from mien.engines import ENGINES
from mien.errors import FormatError, OutputError, ParameterError, PrivacyError
from mien.fidelity.profile import Profile
from mien.outputs import checksum
from mien.pipeline.deidentify import deidentify
from mien.pipeline.manifest import LABEL, LABEL_LEFT
from mien.pipeline.settings import Settings
from mien.pipeline.stored import StoredManifest
from mien.release import Options, Source, Withheld, packing, release
from mien.release.card import Entry, card, readme
from mien.release.checks import faces, names
from mien.release.faces import Seen, compared
from mien.release.metadata import carried
from mien.release.muting import without_sound
from mien.release.package import Package
from mien.release.subject import Subject
from mien.release.words import found_in, plain, words_of
from mien.video import Reader, VideoInfo, Writer
from thoroughness import FEWER

FRAMES = 10
WEAK = {name: kind.traits.done for name, kind in ENGINES.items() if not kind.traits.hides_face}


def manifest_of(result: Path, original: Path, **changes) -> dict:
    """What mien would write beside a masked clip of nobody."""
    content = {
        "label": LABEL,
        "versions": {"mien": "0.1.0"},
        "settings": {
            "engine": "mask", "surrogate": "auto", "consent": "Anna agreed.", "voice": "keep",
            "people": "all", "leave": [], "cover": [], "crf": 17,
        },
        "input": {"sha256": checksum(original), "width": 96, "height": 96, "losses": []},
        "output": {"sha256": checksum(result), "frames": FRAMES, "renderings": 1, "signed": False},
        "people": [{"person": 0, "frames": FRAMES, "role": "replace"}],
        "linkable": {"by_surrogate": False, "subject": "P-017", "by_head_motion": True},
        "ledger": {
            "counts": {"rendered": 9, "interpolated": 0, "covered": 1},
            "ranges": [
                {"entry": "rendered", "first_frame": 0, "last_frame": 8, "from_s": 0, "to_s": 0.8},
                {"entry": "covered", "first_frame": 9, "last_frame": 9, "from_s": 0.9, "to_s": 0.9},
            ],
        },
        "privacy": [{"person": 0, "frames": 9, "nearest": 0.71, "threshold": 0.6, "passed": True}],
        "residual_faces": {"detector": "dlib", "frames_searched": 3, "found": 0},
        "note of somebody": "Anna Müller, born 1961",
    }  # fmt: skip
    for key, value in changes.items():
        content[key] = {**content[key], **value} if isinstance(value, dict) else value
    result.with_suffix(".json").write_text(json.dumps(content))
    return content


@pytest.fixture(autouse=True)
def seldom(request, monkeypatch):
    """Look for faces only where these are what is tested: making the detector takes a while."""
    if "brief" not in request.fixturenames:
        monkeypatch.setattr(faces, "seen_in", lambda clip, progress: Seen(1, 0, 0, 0.0))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An original with a telling name, and its result with sound, of textures without faces."""
    base = tmp_path_factory.mktemp("release")
    original = clip(base / "AnnaMueller_1961-05-03.mp4", seconds=FRAMES / FPS, seed=1)
    result = base / "result.mp4"
    covered(original, result, comment=LABEL, voice="keep")
    manifest_of(result, original)
    return result, original


@pytest.fixture
def result(made, tmp_path):
    """A copy of the result that a test may change."""
    for path in (made[0], made[0].with_suffix(".json")):
        shutil.copy(path, tmp_path)
    return tmp_path / made[0].name


def verdicts(checks):
    return {check.code: check.verdict for check in checks}


def withheld(*sources, place, options=None) -> dict[str, str]:
    """What stopped a release, which must leave nothing behind."""
    before = sorted(place.parent.iterdir())
    with pytest.raises(Withheld) as caught:
        release(sources, place, options)
    assert isinstance(caught.value, PrivacyError) and caught.value.exit_status == 5
    assert sorted(place.parent.iterdir()) == before
    return {code: verdict for code, verdict in verdicts(caught.value.checks).items()
            if verdict == "fail"}  # fmt: skip


def pictures(path):
    """Every coded picture, its time and duration."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [
            (bytes(packet), packet.pts * packet.time_base, packet.duration * packet.time_base)
            for packet in container.demux(stream)
            if packet.size
        ]


# --- what is in it --------------------------------------------------------------------------------


def test_the_archive_holds_exactly_what_it_lists(result, tmp_path):
    options = Options(title="Rest and speech", consent="All agreed.", contact="the clinic")
    made = release([result], tmp_path / "out.zip", options)
    with zipfile.ZipFile(made.path) as archive:
        assert archive.namelist() == [
            "README.txt", "DATA_CARD.md", "clip-001.mp4", "clip-001.json", "manifest.json",
        ]  # fmt: skip
        content = {name: archive.read(name) for name in archive.namelist()}
        for entry in archive.infolist():
            assert entry.compress_type == zipfile.ZIP_STORED
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
    listed = json.loads(content.pop("manifest.json"))
    assert listed["files"] == {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in content.items()
    }
    assert {check["verdict"] for check in listed["checks"]} <= {"pass", "warn"}
    assert made.files["clip-001.mp4"] == len(content["clip-001.mp4"])
    card = content["DATA_CARD.md"].decode()
    for said in ("# Rest and speech", "Consent: All agreed. ", "Terms: **not stated**",
                 "Contact: the clinic.", "10.0 % covered", "without sound",
                 "What can still identify somebody"):  # fmt: skip
        assert said in card.replace("agreed.\n", "agreed. \n"), said


def entry(number: int, method: str, *roles: str, sound: bool = False) -> Entry:
    people = [{"role": role} for role in roles or ("replace",)]
    record = {"settings": {"engine": method}, "people": people}
    return Entry(f"clip-{number:03d}", StoredManifest.from_json(record), None, sound)


def test_the_card_of_masks_claims_no_movement_of_faces():
    masked = [entry(1, "mask")]
    told = card(masked, []) + readme(masked)
    assert "hidden under a solid mask" in told and "lips are hidden" in told
    for claimed in ("kept on purpose", "averages", "synthetic", "faces move", "lips can be read"):
        assert claimed not in told, claimed


@pytest.mark.parametrize(("method", "what"), WEAK.items())
def test_the_card_says_that_a_method_is_weak(method, what):
    weak = [entry(1, method)]
    assert f"The {what} faces.** Such faces have been recognised" in card(weak, [])
    assert f"{what.capitalize()} faces may still be recognised." in readme(weak)
    assert "weak" not in card([entry(1, "mesh")], []) + readme([entry(1, "mesh")])


def test_the_card_of_mixed_methods_names_the_clips_of_each():
    told = card([entry(1, "mesh"), entry(2, "mask"), entry(3, "blur", "replace", "leave")], [])
    for said in (
        "Every face in clip-001 (method mesh)", "Every face in clip-002 (method mask)",
        "Every other face in clip-003 (method blur)", "**Movement of the face** in clip-001.",
        "**The blurred faces in clip-003.**", "**Faces that were left on purpose in clip-003",
    ):  # fmt: skip
        assert said in told, said


@pytest.mark.parametrize("method", ["mesh", "mask", *WEAK])
def test_only_weak_methods_get_a_note(made, result, tmp_path, method):
    manifest_of(result, made[1], settings={"engine": method})
    done = release([result], tmp_path / "out.zip")
    assert ("weak_method" in verdicts(done.checks)) == (method in WEAK)
    assert (verdicts(done.checks).get("masked") == "pass") == (method == "mask")


def test_nothing_that_leads_to_the_original_is_in_it(made, tmp_path):
    result, original = made
    path = tmp_path / "out.zip"
    release([result], path, Options(voice="keep"))
    with zipfile.ZipFile(path) as archive:
        told = json.loads(archive.read("clip-001.json"))
        everything = b"".join(archive.read(name) for name in archive.namelist()).lower()
    for secret in ("anna", "mueller", "müller", "1961", "p-017", checksum(original)):
        assert secret.encode() not in everything, secret
    assert "sha256" not in told["input"] and not told["linkable"]["by_input_checksum"]
    assert told["linkable"]["subject"] == "subject-1"
    assert told["settings"]["consent_for_a_picture"] is True
    assert told["output"]["sha256"] == checksum(result)


def test_the_originals_checksum_stays_if_asked_for(made, tmp_path):
    result, original = made
    release([result], tmp_path / "out.zip", Options(keep_checksums=True))
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        told = json.loads(archive.read("clip-001.json"))
    assert told["input"]["sha256"] == checksum(original)
    assert told["linkable"]["by_input_checksum"]


def test_the_same_input_gives_the_same_bytes(made, result, tmp_path):
    for name, source in (("a.zip", made[0]), ("b.zip", result)):
        release([source], tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_figures_are_packed_without_names_if_they_are_of_this_clip(result, tmp_path):
    metrics = {
        "mien_evaluate": 1,
        "about": {
            "deidentified": "anna.mp4", "deidentified_sha256": checksum(result),
            "original_sha256": "0" * 64, "frames": FRAMES, "notes": ["anna"],
        },
        "dynamics": {"r_x": 0.75, "citation": "somebody"},
    }  # fmt: skip
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(metrics))
    made = release([Source(result, metrics=path)], tmp_path / "out.zip")
    assert verdicts(made.checks)["measured"] == "pass"
    with zipfile.ZipFile(made.path) as archive:
        told = json.loads(archive.read("clip-001-metrics.json"))
        assert "| clip-001 | 0.75 |" in archive.read("DATA_CARD.md").decode()
    assert told["about"] == {"clip": "clip-001.mp4", "frames": FRAMES}
    assert told["dynamics"] == {"r_x": 0.75}
    metrics["about"]["deidentified_sha256"] = "1" * 64
    path.write_text(json.dumps(metrics))
    again = release([Source(result, metrics=path)], tmp_path / "again.zip")
    assert verdicts(again.checks)["measured_other"] == "warn"
    assert "clip-001-metrics.json" not in again.files


def test_a_subject_has_one_number_and_one_face_is_told(result, tmp_path):
    other = tmp_path / "second.mp4"
    shutil.copy(result, other)
    content = json.loads(result.with_suffix(".json").read_text())
    content["people"][0]["surrogate"] = {"id": "woman-fair-1", "tried": {"woman-fair-2": 0.5}}
    for path in (result, other):
        path.with_suffix(".json").write_text(json.dumps(content))
    made = release([result, other], tmp_path / "out.zip")
    shared = [check for check in made.checks if check.code == "same_face_here"]
    assert [check.values for check in shared] == [{"clips": [1, 2]}]
    with zipfile.ZipFile(made.path) as archive:
        told = [json.loads(archive.read(f"clip-00{k}.json")) for k in (1, 2)]
    assert [one["linkable"]["subject"] for one in told] == ["subject-1", "subject-1"]
    assert told[0]["people"][0]["surrogate"] == {"id": "woman-fair-1"}


# --- sound ----------------------------------------------------------------------------------------


def test_sound_is_told_and_a_muted_copy_has_the_same_pictures(result, tmp_path):
    kept = release([result], tmp_path / "kept.zip", Options(voice="keep"))
    assert verdicts(kept.checks)["voice_kept"] == "warn"
    muted = release([result], tmp_path / "muted.zip", Options(voice="mute"))
    assert verdicts(muted.checks)["voice_removed"] == "pass"
    with zipfile.ZipFile(muted.path) as archive:
        archive.extract("clip-001.mp4", tmp_path)
        told = json.loads(archive.read("clip-001.json"))
    copy = tmp_path / "clip-001.mp4"
    assert carried(result).sound and not carried(copy).sound
    assert carried(copy).label == LABEL and not carried(copy).extra
    assert pictures(copy) == pictures(result) and len(pictures(copy)) == FRAMES
    assert told["output"]["sha256"] == checksum(copy) and told["settings"]["voice"] == "mute"


def test_a_muted_copy_starts_when_the_clip_does_and_keeps_uneven_times(tmp_path):
    info = VideoInfo(33, 31, Fraction(1, 600))  # an odd size is coded in another format
    source = clip(tmp_path / "sound.mp4", seconds=1, seed=3)
    with Writer(tmp_path / "late.mp4", info, audio_from=source, comment=LABEL) as out:
        with Reader(source) as reader:
            for k, frame in enumerate(reader):
                out.write(frame.image[:31, :33].copy(), 120 + 37 * k + k % 3, duration=37)
        out.commit()
    without_sound(tmp_path / "late.mp4", tmp_path / "copy.mp4")
    assert pictures(tmp_path / "copy.mp4") == pictures(tmp_path / "late.mp4")
    with Reader(tmp_path / "copy.mp4") as one, Reader(tmp_path / "late.mp4") as two:
        for first, second in zip(one, two, strict=True):
            assert first.pts * first.time_base == second.pts * second.time_base
            assert (first.image == second.image).all()


# --- what stops it --------------------------------------------------------------------------------


def rewritten(result: Path, **tags) -> None:
    """Give a result other metadata, and a manifest that describes it."""
    other = result.with_name("other.mp4")
    options = {"fflags": "+bitexact"}
    if any("_dot_" in key for key in tags):
        options["movflags"] = "use_metadata_tags"
    with av.open(str(result)) as source, av.open(
        str(other), "w", format="mp4", container_options=options
    ) as target:  # fmt: skip
        for key, value in tags.items():
            target.metadata[key.replace("_dot_", ".")] = value
        track = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = track
                target.mux(packet)
    other.replace(result)
    described(result)


def described(result: Path, **changes) -> None:
    path = result.with_suffix(".json")
    content = json.loads(path.read_text())
    content["output"]["sha256"] = checksum(result)
    path.write_text(json.dumps({**content, **changes}))


@pytest.mark.parametrize(
    "tags",
    [
        {"title": "A visit"},
        {"location": "+48.1372+011.5755/"},
        {"com_dot_apple_dot_quicktime_dot_location_dot_ISO6709": "+48.1372+011.5755/"},
        {"creation_time": "2024-05-03T10:00:00Z"},
    ],
)
def test_metadata_stop_it(result, tmp_path, tags):
    rewritten(result, comment=LABEL, **tags)
    assert withheld(result, place=tmp_path / "out.zip") == {"metadata_extra": "fail"}
    for value in tags.values():
        assert value not in str(carried(result).extra)


def test_dates_gaps_and_bytes_that_belong_to_nothing_are_found(result):
    assert carried(result).extra == ()
    content = bytearray(result.read_bytes())
    place = content.index(b"mvhd") + 8
    content[place : place + 4] = struct.pack(">I", 3_800_000_000)
    result.write_bytes(content)
    assert set(carried(result).extra) == {"a date", "a tag “creation_time”"}
    plain = bytes(content).replace(struct.pack(">I", 3_800_000_000), bytes(4))
    for name, said in ((b"free", "bytes in a gap"), (b"skip", "a field “skip”"),
                       (b"mdat", "bytes that belong to no picture or sound")):  # fmt: skip
        result.write_bytes(plain + struct.pack(">I", 16) + name + b"Anna 196")
        assert carried(result).extra == (said,)
    result.write_bytes(plain + struct.pack(">I", 9999) + b"free")
    assert "fields that cannot be read" in carried(result).extra


def test_a_result_without_its_label_stops_it(result, tmp_path):
    rewritten(result, comment="Patient 17")
    assert "metadata_extra" in withheld(result, place=tmp_path / "out.zip")
    rewritten(result)
    assert withheld(result, place=tmp_path / "out.zip") == {"no_label": "fail"}
    rewritten(result, comment=LABEL_LEFT)  # another one than its manifest's
    assert withheld(result, place=tmp_path / "out.zip") == {"no_label": "fail"}


def test_a_changed_video_and_a_failed_audit_stop_it(result, tmp_path):
    path = result.with_suffix(".json")
    content = json.loads(path.read_text())
    failed = [{**content["privacy"][0], "passed": False}]
    described(result, privacy=failed)
    assert withheld(result, place=tmp_path / "out.zip") == {"not_audited": "fail"}
    described(result, privacy=content["privacy"], residual_faces={"found": 1})
    assert withheld(result, place=tmp_path / "out.zip") == {"not_audited": "fail"}
    described(result, residual_faces=content["residual_faces"])
    with result.open("ab") as stream:
        stream.write(struct.pack(">I", 8) + b"free")
    assert withheld(result, place=tmp_path / "out.zip") == {"not_described": "fail"}
    path.write_text('{"label": "something"}')
    assert "not_a_manifest" in withheld(result, place=tmp_path / "out.zip")


@pytest.mark.parametrize("called", ["Anna Müller 1961-05-03.mov", "ANNA.mp4"])
def test_a_name_in_what_was_typed_stops_it(result, tmp_path, called):
    source = Source(result, called=called)
    said = "With thanks to anna, who agreed"
    options = Options(title=said, consent=said, licence=said, contact=said)
    with pytest.raises(Withheld) as caught:
        release([source], tmp_path / "out.zip", options)
    where = [check.values["where"] for check in caught.value.checks if check.verdict == "fail"]
    assert where == ["title", "consent", "licence", "contact"]
    with pytest.raises(Withheld, match="p-017"):  # the code of the subject
        release([source], tmp_path / "out.zip", Options(title="Visit of P-017"))
    release([source], tmp_path / "out.zip", Options(title="Annals of Parkinson's disease"))


def test_a_name_is_told_before_a_clip_is_looked_through(result, tmp_path, monkeypatch):
    looked: list[str] = []

    def look_through(clip, look):
        looked.append(clip.name)
        return []

    monkeypatch.setattr(packing, "inspect", look_through)
    source = Source(result, called="Anna Müller.mov")
    with pytest.raises(Withheld):
        release([source], tmp_path / "out.zip", Options(title="Visit of Anna"))
    assert looked == []
    release([source], tmp_path / "out.zip", Options(title="A visit"))
    assert looked == ["clip-001"]


def test_a_name_inside_a_manifest_or_a_video_stops_it(result, tmp_path):
    source = Source(result, called="Muellerbach.mp4")
    content = json.loads(result.with_suffix(".json").read_text())
    described(result, settings={**content["settings"], "landmarks": "of Muellerbach"})
    assert withheld(source, place=tmp_path / "out.zip") == {"name_inside": "fail"}
    described(result, settings=content["settings"])
    data = result.read_bytes()  # in a picture's bytes, where no field is
    place = data.index(b"mdat") + 4 + 600
    result.write_bytes(data[:place] + b"muellerbach" + data[place + 11 :])
    described(result)
    assert "name_inside" in withheld(source, place=tmp_path / "out.zip")


def test_a_video_that_cannot_be_searched_is_not_called_clean(result, tmp_path):
    packed = tmp_path / "packed.mp4"
    packed.write_bytes(b"no video")
    subject = Subject(1, result, packed, StoredManifest.from_json({}), None, None)
    (found,) = names.check(Package([subject], {}, {}, ["muellerbach"], []))
    assert (found.verdict, found.code) == ("fail", "name_unread")
    assert "nothing is known of what it holds" in found.sentence


@pytest.mark.parametrize("engine", ["mask", "mesh"])
def test_a_face_too_many_stops_it(result, brief, tmp_path, engine):
    with Reader(brief.path) as reader, Writer(
        result, reader.info, overwrite=True, comment=LABEL
    ) as out:  # fmt: skip
        frames = [out.write(frame) for frame in reader]
        out.commit()
    content = json.loads(result.with_suffix(".json").read_text())
    ledger = {"counts": {"rendered": len(frames)}, "ranges": content["ledger"]["ranges"]}
    output = {"frames": len(frames), "sha256": checksum(result)}
    path = result.with_suffix(".json")
    path.write_text(json.dumps({**content, "ledger": ledger, "output": output,
                                "settings": {"engine": engine}}))  # fmt: skip
    if engine == "mask":  # nobody is to be seen
        assert withheld(result, place=tmp_path / "out.zip") == {"too_many": "fail"}
    else:
        made = release([result], tmp_path / "out.zip")
        assert verdicts(made.checks)["no_original"] == "warn"


def test_a_real_pair_passes_and_the_original_itself_does_not(brief, tmp_path):
    original = brief.copy(tmp_path, "visit.mp4")
    result = tmp_path / "hidden.mp4"
    deidentify(original, result, Settings(engine="mask", thoroughness=FEWER, judges=()))
    made = release([Source(result, original)], tmp_path / "out.zip")
    found = {check.code: check for check in made.checks}
    assert {"described", "faces_hidden", "all_changed", "names_none"} <= set(found)
    assert found["faces_hidden"].values["nearest"] >= 0.6
    assert found["faces_hidden"].values["searched"] == 2
    with pytest.raises(ParameterError, match="is not the original"):
        release([Source(result, result)], tmp_path / "no.zip")
    # the original under the label and with the manifest of a result
    with Reader(original) as reader, Writer(
        result, reader.info, overwrite=True, comment=LABEL
    ) as out:  # fmt: skip
        for frame in reader:
            out.write(frame)
        out.commit()
    described(result)
    wrong = withheld(Source(result, original), place=tmp_path / "no.zip")
    assert set(wrong) == {"recognised", "untouched", "unchanged"}
    with pytest.raises(Withheld) as caught:
        release([Source(result, original)], tmp_path / "no.zip")
    said = next(one for one in caught.value.checks if one.code == "recognised")
    assert 0 <= said.values["nearest_at"] < 2 and " s, " in said.sentence  # where to look


def test_a_face_where_nobody_was_replaced_is_found(brief, make_clip, tmp_path):
    wide = make_clip(width=640, height=320, seconds=0.5).path
    with Reader(brief.path) as reader:
        portrait = next(iter(reader)).image[::2, ::2]
    result = tmp_path / "result.mp4"
    with Reader(wide) as reader, Writer(result, reader.info) as out:
        for frame in reader:
            image = frame.image.copy()
            image[:, 160:480] = 90
            if frame.time > 0.2:  # a portrait on the wall
                image[:160, :160] = portrait
            out.write(image, frame.pts, duration=frame.duration)
        out.commit()
    found = compared(wide, result)
    assert found.hidden == 1 and not found.untouched
    assert found.strangers and not found.passed
    assert all(time > 0.2 for time in found.strangers)


# --- arguments ------------------------------------------------------------------------------------


def test_wrong_arguments_leave_nothing(result, tmp_path):
    place = tmp_path / "out.zip"
    for sources, error in (([], ParameterError), ([result, result], ParameterError)):
        with pytest.raises(error):
            release(sources, place)
    with pytest.raises(OutputError, match=r"ends in \.zip"):
        release([result], tmp_path / "out.tar")
    with pytest.raises(OutputError, match="does not exist"):
        release([result], tmp_path / "none" / "out.zip")
    with pytest.raises(ParameterError, match="voice"):
        Options(voice="loud")
    for text in (
        "no JSON",
        "[]",
        '{"people": [1]}',
        '{"ledger": {"counts": {"covered": "x"}}}',
        '{"ledger": {"ranges": [{}]}}',
        '{"settings": NaN}',
        '{"linkable": []}',
    ):
        result.with_suffix(".json").write_text(text)
        with pytest.raises(FormatError):
            release([result], place)
    result.with_suffix(".json").unlink()
    with pytest.raises(ParameterError, match="manifest"):
        release([result], place)
    assert not place.exists()
    place.write_text("something")
    with pytest.raises(OutputError, match="already exists"):
        release([result], place)
    assert place.read_text() == "something"


def test_an_archive_is_replaced_only_if_asked(result, tmp_path):
    place = tmp_path / "out.zip"
    place.write_text("something")
    release([result], place, overwrite=True)
    assert zipfile.is_zipfile(place)


def test_an_interrupted_release_leaves_nothing(result, tmp_path):
    def stop(stage, done, total):
        if stage == "packing":
            raise KeyboardInterrupt

    before = sorted(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        release([result], tmp_path / "out.zip", progress=stop)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("AnnaMüller_1961-05-03.mp4", {"anna", "müller", "muller", "mueller"}),
        ("Mu\u0308ller 12345678.MOV", {"müller", "12345678"}),
        ("parkinson_tremor_left_01.mp4", set()),
        ("clip.mp4", set()),
        ("p17a.mp4", {"p17a"}),
    ],
)
def test_words_that_tell_who_it_is(name, words):
    found = set(words_of(name))
    assert words <= found
    assert bool(words) == bool(found)
    assert not {"mp4", "mov", "clip", "tremor", "left"} & found


def test_words_are_found_as_words_only():
    assert found_in("For ANNA, with thanks", ["anna"]) == ["anna"]
    assert found_in("see anna_mueller.mp4", ["anna"]) == ["anna"]
    assert found_in("Annals, savanna", ["anna"]) == []


# --- the command ----------------------------------------------------------------------------------


def test_the_command_tells_what_it_checked(mien, result, tmp_path):
    made = mien("release", result, "-o", tmp_path / "out.zip", "--mute", "--licence", "CC0")
    assert made.exit_code == 0, made.output
    assert "passed  clip-001, metadata:" in made.stdout
    assert (tmp_path / "out.zip").is_file() and "consent is not stated" in made.stdout
    assert "The sound of" not in made.stdout
    heard = mien("release", result, "-o", tmp_path / "heard.zip", "--licence", "CC0")
    assert "The sound of 1 clip is in it" in heard.stdout and "--mute" in heard.stdout
    failed = mien("release", result, "-o", tmp_path / "no.zip", "--json", "--title", "P-017",
                  "--original", result)  # fmt: skip
    assert failed.exit_code == 2  # belongs to none of the results
    path = result.with_suffix(".json")
    path.write_text(path.read_text().replace('"passed": true', '"passed": false'))
    failed = mien("release", result, "-o", tmp_path / "no.zip", "--json")
    assert failed.exit_code == 5 and not (tmp_path / "no.zip").exists()
    told = json.loads(failed.stdout)
    assert not told["passed"] and told["release"] is None
    assert "fail" in {check["verdict"] for check in told["checks"]}


def test_words_of_every_report_are_nobodys_name():
    """A folder called medical or measured stopped every package with figures in it."""
    asks = [ask for name in ("generic", "parkinson", "palsy") for ask in Profile.open(name).asks]
    said = plain(" ".join(f"{ask.says} {ask.unit}" for ask in asks))
    said += " measure measured asked medical reports published presentation model portraits public"
    telling = {word for word in re.findall(r"[^\W_]+", said) if words_of(word)}
    assert telling <= {"far", "hang", "lie", "still"}  # people are called so
    for name in ("Still", "Lie", "Wang", "Winter", "May", "Short", "Fine", "Fair", "Mann"):
        assert words_of(f"{name}.mp4"), name
