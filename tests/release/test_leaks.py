"""What is planted in a folder that is to be shared is found."""

from __future__ import annotations

import os
import shutil
from fractions import Fraction

import av
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from encounters import FPS, clip, covered
from mien.outputs import checksum
from mien.release.leaks import leaks as found_in
from mien.release.leaks import strangers
from mien.release.unchanged import unchanged
from mien.release.words import names
from mien.video import Reader, VideoInfo, Writer


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Recordings in a folder whose name says who is in them, and a folder without a leak."""
    base = tmp_path_factory.mktemp("leaks")
    own = base / "MuellerAnna-1961"
    own.mkdir()
    originals = {
        "doctor": clip(own / "DrMeier_camera.mp4", seed=1),
        "patient": clip(own / "patient.mp4", seed=2),
    }
    folder = base / "shared"
    (folder / "videos").mkdir(parents=True)
    for name, path in originals.items():
        covered(path, folder / "videos" / f"{name}.mp4")
    for name in ("tables.json", "schema.json", "manifest.json"):
        (folder / name).write_text("{}")
    (folder / "DATA_CARD.md").write_text("The patient and the doctor, recorded by two cameras.\n")
    (folder / "timeline.csv").write_text("time,role\n0,doctor\n")
    table = pa.table({"time": [0.0], "role": ["doctor"]})
    pq.write_table(table, folder / "timeline.parquet")
    pq.write_table(table, folder / "moments.parquet")
    return folder, originals


@pytest.fixture
def shared(sound, tmp_path):
    folder, originals = sound
    return shutil.copytree(folder, tmp_path / "shared"), originals


def test_a_clean_folder_has_no_leak(sound):
    assert found_in(*sound) == []


def test_names_that_are_words_of_every_data_set_are_not_looked_for(sound):
    _, originals = sound
    found = names(originals.values())
    assert "MuellerAnna-1961" in found and "DrMeier_camera" in found
    assert not {"patient", "patient.mp4"} & set(found)


def expect(shared, words, **settings):
    folder, originals = shared
    found = found_in(folder, originals, **settings)
    assert len(found) == 1, found
    assert words in found[0]
    for secret in names(originals.values()):
        assert secret not in found[0]


def test_a_name_in_a_videos_metadata(shared):
    folder, originals = shared
    covered(originals["doctor"], folder / "videos/doctor.mp4", comment="was drmeier_camera")
    expect(shared, "videos/doctor.mp4 holds the name")


@pytest.mark.parametrize("file", ["tables.json", "DATA_CARD.md", "timeline.csv"])
def test_a_folders_name_in_a_text(shared, file):
    place = shared[0] / file
    place.write_text(place.read_text() + "\nfrom MuellerAnna-1961 of 3 May\n")
    expect(shared, f"{file} holds the folder's or user's name")


def test_a_checksum(shared):
    folder, originals = shared
    (folder / "manifest.json").write_text(f'{{"input": "{checksum(originals["patient"])}"}}')
    expect(shared, "manifest.json holds the checksum")


def test_a_name_in_a_compressed_table(shared):
    folder, _ = shared
    table = pa.table({"role": ["doctor"] * 500 + ["DrMeier_camera"]})
    pq.write_table(table, folder / "moments.parquet", compression="zstd")
    expect(shared, "moments.parquet holds the name")


def test_a_path_in_a_tables_metadata(shared):
    folder, originals = shared
    table = pa.table({"role": ["doctor"]}).replace_schema_metadata(
        {"source": str(originals["doctor"].parent)}
    )
    pq.write_table(table, folder / "timeline.parquet")
    found = found_in(folder, originals)
    assert any("timeline.parquet holds the folder's" in one for one in found)


def test_a_name_in_the_bytes_behind_a_video(shared):
    with (shared[0] / "videos/patient.mp4").open("ab") as stream:
        stream.write(b"\0\0\0\x1afree\0DrMeier_camera\0\0\0")
    expect(shared, "videos/patient.mp4 holds the name")


@pytest.mark.parametrize("leave", [(0,), (7,), (19,), (3, 4)])
def test_an_original_frame_among_others(shared, leave):
    folder, originals = shared
    covered(originals["patient"], folder / "videos/patient.mp4", leave=leave)
    expect(shared, f"shows {len(leave)} frame")
    times = unchanged(originals["patient"], folder / "videos/patient.mp4")
    assert times == pytest.approx([k / FPS for k in leave])


def test_the_original_itself(shared):
    folder, originals = shared
    shutil.copy(originals["doctor"], folder / "videos/doctor.mp4")
    expect(shared, "videos/doctor.mp4 is the original")


def test_sound_but_not_where_it_was_asked_for(shared):
    folder, originals = shared
    covered(originals["doctor"], folder / "videos/doctor.mp4", voice="keep")
    expect(shared, "videos/doctor.mp4 has sound")
    assert found_in(folder, originals, voice="keep") == []


def test_a_second_picture_track(shared):
    folder, _ = shared
    path = folder / "videos/doctor.mp4"
    other = path.with_name("two.mp4")
    with av.open(str(path)) as one, av.open(str(other), "w") as two:
        streams = [two.add_stream_from_template(one.streams.video[0]) for _ in range(2)]
        for packet in one.demux(video=0):
            if packet.dts is None:
                continue
            data, pts, dts = bytes(packet), packet.pts, packet.dts
            for stream in streams:
                copy = av.Packet(data)
                copy.pts, copy.dts, copy.time_base = pts, dts, packet.time_base
                copy.is_keyframe, copy.stream = packet.is_keyframe, stream
                two.mux(copy)
    other.replace(path)
    expect(shared, "has tracks besides its picture and sound")


@pytest.mark.parametrize("name", ["frame.png", "videos/doctor.json", "notes/of.txt", "x.csv"])
def test_files_that_do_not_belong_there(shared, name):
    place = shared[0] / name
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"anything")
    expect(shared, f"{name} does not belong into it")


def test_a_link_and_a_missing_or_broken_video(shared):
    folder, originals = shared
    (folder / "videos/doctor.mp4").unlink()
    expect(shared, "videos/doctor.mp4 is missing")
    (folder / "videos/doctor.mp4").write_bytes(b"no video")
    expect(shared, "cannot be read")
    (folder / "videos/doctor.mp4").unlink()
    (folder / "videos/doctor.mp4").symlink_to(originals["doctor"])
    assert any("does not belong" in one for one in found_in(folder, originals))


def test_nothing_is_strange_in_a_folder_that_is_not_there(tmp_path):
    assert strangers(tmp_path / "none", ["doctor"]) == []


def test_encoding_again_does_not_make_a_frame_another_one(tmp_path):
    source = clip(tmp_path / "a.mp4", seed=4)
    with Reader(source) as reader:
        info = VideoInfo(reader.info.width, reader.info.height, Fraction(1, FPS))
        with Writer(tmp_path / "b.mp4", info, crf=28) as out:
            for frame in reader:
                out.write(frame.image, frame.index, duration=1)
            out.commit()
    assert len(unchanged(source, tmp_path / "b.mp4")) == 20


@pytest.mark.parametrize("file", ["timeline.parquet", "moments.parquet"])
def test_a_damaged_table_says_nothing_of_what_it_holds(shared, file):
    place = shared[0] / file
    place.write_bytes(place.read_bytes()[:-9])
    expect(shared, f"{file} cannot be read, so nothing is known of what it holds")


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["doctor", "DrMeier_camera"]).dictionary_encode(),
        pa.array([["doctor"], ["DrMeier_camera"]]),
        pa.array([{"by": ["DrMeier_camera"]}]),
    ],
)
def test_a_name_in_a_column_of_another_kind(shared, column):
    pq.write_table(pa.table({"x": column}), shared[0] / "moments.parquet", compression="zstd")
    expect(shared, "moments.parquet holds the name")


def test_a_folders_name_that_is_escaped(tmp_path, shared):
    folder, originals = shared
    own = tmp_path / "Jürgen"
    own.mkdir()
    theirs = {name: own / path.name for name, path in originals.items()}
    for name, path in originals.items():
        theirs[name].symlink_to(path)
    (folder / "tables.json").write_text('{"from": "J\\u00fcrgen"}')
    assert found_in(folder, theirs) == [
        "tables.json holds the folder's or user's name of an original"
    ]


def test_a_folder_that_is_empty_has_a_name_all_the_same(shared):
    (shared[0] / "of somebody").mkdir()
    expect(shared, "of somebody does not belong into it")


def test_what_is_no_file_cannot_be_read(shared):
    place = shared[0] / "tables.json"
    place.unlink()
    os.mkfifo(place)
    expect(shared, "tables.json cannot be read, so nothing is known of what it holds")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("file", ["tables.json", "timeline.parquet", "videos/doctor.mp4"])
def test_a_file_that_may_not_be_read(shared, file):
    (shared[0] / file).chmod(0)
    expect(shared, f"{file} cannot be read, so nothing is known of what it holds")
