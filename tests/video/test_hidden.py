"""What an edit list hides in the input is not in the output."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from video_clips import audio_packets, make_clip, patches, set_edits

from mien.release.metadata import carried
from mien.video import Reader, Writer
from mien.video.splice import splice

MOST_HIDDEN_S = {"aac": 2 * 1024 / 48000, "libmp3lame": 3 * 1152 / 48000, "flac": 4608 / 48000,
                 "libopus": 0.1}  # fmt: skip
START = [("soun", [(3.0, 2.01)]), ("vide", [(3.0, 2.0)])]
EDITS = {
    "start": START,
    "end": [("soun", [(3.0, 0)]), ("vide", [(3.0, 0)])],
    "middle": [("soun", [(2.0, 1.5)]), ("vide", [(2.0, 1.0)])],
    "sound alone": [("soun", [(3.0, 2.01)])],
    "pictures alone": [("vide", [(3.0, 2.0)])],
    "twice": [("soun", [(1.0, 0.5), (1.0, 3.013)]), ("vide", [(1.0, 0.52), (1.0, 3.0)])],
    "late": [("soun", [(0.5, None), (1.0, 3.0)])],
}


def clip(folder: Path, edits, codec="aac", name="in.mp4") -> Path:
    size = {"libmp3lame": 1152, "flac": 4608, "libopus": 960}.get(codec, 1024)
    path = make_clip(
        folder / name,
        stamps=tuple(range(150)),
        audio=codec,
        blocks=288_000 // size,
        # else the encoder replaces noise by a word for it, and no decoder gives the same twice
        audio_options={"aac_pns": "0"} if codec == "aac" else None,
        options={"g": "25", "bf": "0"},
    )
    for kind, parts in edits:
        set_edits(path, kind, parts)
    return path


def copy(source: Path, target: Path) -> Reader:
    with Reader(source) as reader, Writer(target, reader.info, audio_from=source) as out:
        for frame in reader:
            out.write(frame)
        out.commit()
    return reader


def stored(path: Path, kind: str = "audio") -> list[bytes]:
    """Every packet, whether it is played or not."""
    with av.open(str(path), options={"ignore_editlist": "1"}) as container:
        stream = getattr(container.streams, kind)[0]
        return [bytes(packet) for packet in container.demux(stream) if packet.size]


def heard(path: Path) -> list[tuple[int, np.ndarray]]:
    """What a player makes of the sound: time in samples, and samples."""
    with av.open(str(path)) as container:
        return [(frame.pts, frame.to_ndarray()) for frame in container.decode(audio=0)]


def stored_s(path: Path) -> float:
    with av.open(str(path), options={"ignore_editlist": "1"}) as container:
        stream = container.streams.audio[0]
        return float(
            sum(
                (stream.codec_context.frame_size or packet.duration)
                * (
                    Fraction(1, stream.codec_context.sample_rate)
                    if stream.codec_context.frame_size
                    else packet.time_base
                )
                for packet in container.demux(stream)
                if packet.size
            )
        )


@pytest.mark.parametrize("codec", list(MOST_HIDDEN_S))
@pytest.mark.parametrize("name", list(EDITS))
def test_hidden_sound_is_not_copied(tmp_path, name, codec):
    source = clip(tmp_path, EDITS[name], codec)
    copy(source, tmp_path / "out.mp4")
    before, after = stored(source), stored(tmp_path / "out.mp4")
    played = sum(length for length, begin in EDITS[name][0][1] if begin is not None)
    if EDITS[name][0][0] == "vide":
        played = 6.0
    pieces = len(EDITS[name][0][1])
    assert stored_s(tmp_path / "out.mp4") <= played + (pieces + 1) * MOST_HIDDEN_S[codec]
    assert set(after) <= set(before)
    # bit for bit what it was, in one piece for every edit
    numbers = [before.index(packet) for packet in after]
    assert sum(b != a + 1 for a, b in itertools.pairwise(numbers)) < pieces


@pytest.mark.parametrize("name", ["start", "end", "middle", "sound alone", "pictures alone"])
def test_what_is_heard_is_as_it_was(tmp_path, name):
    source = clip(tmp_path, EDITS[name])
    copy(source, tmp_path / "out.mp4")
    before, after = heard(source), heard(tmp_path / "out.mp4")
    assert [time for time, _ in after] == [time for time, _ in before]
    assert all(np.array_equal(a, b) for (_, a), (_, b) in zip(before, after, strict=True))


def test_what_begins_late_brings_nothing_from_before(tmp_path):
    source = clip(tmp_path, EDITS["late"])
    copy(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        times = [p.pts * p.time_base for p in container.demux(audio=0) if p.size]
    assert 0.5 <= times[0] < 0.5 + 1024 / 48000
    first = stored(source).index(stored(tmp_path / "out.mp4")[0])
    assert (first - 1) * 1024 >= 3.0 * 48000 - 1024  # the first is a packet of the encoder's own


def test_the_end_is_not_played_longer(tmp_path):
    source = clip(tmp_path, EDITS["end"])
    copy(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        sound = container.streams.audio[0]
        assert sound.duration * sound.time_base == 3


@pytest.mark.parametrize("name", list(EDITS))
def test_hidden_pictures_are_not_read_and_count_as_no_loss(tmp_path, name):
    source = clip(tmp_path, EDITS[name])
    reader = copy(source, tmp_path / "out.mp4")
    assert reader.losses == []
    parts = dict(EDITS[name]).get("vide", [(6.0, 0.0)])
    shown = [
        number
        for length, begin in parts
        for number in range(150)
        if begin <= number / 25 < begin + length
    ]
    assert len(stored(tmp_path / "out.mp4", "video")) == len(shown)
    with Reader(tmp_path / "out.mp4") as made:
        for frame, number in zip(made, shown, strict=True):
            assert np.abs(frame.image.astype(int) - patches(number)).mean() < 15


def test_covering_does_not_bring_it_back(tmp_path):
    source = clip(tmp_path, START)
    with splice(source, tmp_path / "out.mp4", [3], lambda number, image: image * 0) as made:
        made.commit()
    assert len(stored(tmp_path / "out.mp4")) <= 3.0 * 48000 / 1024 + 2


@pytest.mark.parametrize("name", ["in.mkv", "in.mov"])
def test_sound_before_the_pictures_time_zero(tmp_path, name):
    source = make_clip(tmp_path / name, stamps=tuple(range(100)), audio="aac", blocks=150)
    with (
        av.open(str(source)) as old,
        av.open(
            str(tmp_path / f"early-{name}"),
            "w",
            container_options={"avoid_negative_ts": "disabled"},
        ) as new,
    ):
        tracks = {s.index: new.add_stream_from_template(s) for s in old.streams}
        for packet in old.demux():
            if packet.size:
                shift = round(Fraction(1, 2) / packet.time_base)
                if packet.stream.type == "audio":
                    packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = tracks[packet.stream.index]
                new.mux(packet)
    copy(tmp_path / f"early-{name}", tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4"), options={"ignore_editlist": "1"}) as container:
        sound = container.streams.audio[0]
        packets = [bytes(p) for p in container.demux(sound) if p.size]
    whole = stored(source)
    assert packets == whole[-len(packets) :]
    assert (len(packets) - 2) * 1024 / 48000 <= 150 * 1024 / 48000 - 0.5


@pytest.mark.parametrize("codec", list(MOST_HIDDEN_S))
def test_what_a_decoder_needs_is_passed_on(tmp_path, codec):
    copy(clip(tmp_path, START, codec), tmp_path / "made.mp4")
    assert not [one for one in carried(tmp_path / "made.mp4").extra if "no player" in one]


def test_slow_sound_has_long_packets(tmp_path):
    source = make_clip(tmp_path / "in.mp4", audio="aac", audio_rate=8000)
    copy(source, tmp_path / "made.mp4")
    assert audio_packets(tmp_path / "made.mp4") == audio_packets(source)
    assert not [one for one in carried(tmp_path / "made.mp4").extra if "no player" in one]


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ([("soun", [(3.0, 2.01)])], "sound that no player plays"),
        ([("vide", [(3.0, 2.0)])], "pictures that no player plays"),
        ([("soun", [(3.0, 0)])], "sound that no player plays"),
        ([], None),
    ],
)
def test_a_clip_that_hides_something_is_not_passed_on(tmp_path, edits, words):
    copy(clip(tmp_path, []), tmp_path / "made.mp4")
    for kind, parts in edits:
        set_edits(tmp_path / "made.mp4", kind, parts)
    found = carried(tmp_path / "made.mp4").extra
    assert [one for one in found if "no player" in one] == ([words] if words else [])
