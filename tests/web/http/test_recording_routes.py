"""Guided recordings over the API: consent first, checks of pictures, and a browser's clips."""

from __future__ import annotations

import json

import av
import numpy as np
import pytest

from mien.errors import VideoError
from mien.phantom import Script, phantom
from mien.video import Reader, probe
from mien.web.queue.remuxing import remux

WHO = {"participant": "P1", "protocol": "expressions", "language": "de", "consent": "form 1"}


@pytest.fixture(scope="module")
def face():
    frame = next(iter(phantom(Script(width=480, height=360, seconds=0.1, fps=10, seed=1))))
    opaque = np.full((*frame.image.shape[:2], 1), 255, np.uint8)
    return np.concatenate([frame.image, opaque], axis=2).tobytes()


@pytest.fixture
def client(browser):
    return browser


def test_the_page_and_no_other_may_use_the_camera(client):
    assert "camera=(self)" in client.get("/record").headers["permissions-policy"]
    assert "camera=()" in client.get("/").headers["permissions-policy"]


def test_protocols_are_offered(client):
    found = client.get("/api/recordings/protocols").json()
    assert {"mds-updrs-face", "facial-palsy"} <= {each["name"] for each in found}


@pytest.mark.parametrize(
    "wrong",
    [{"participant": "Maria"}, {"consent": " "}, {"protocol": "../x.toml"}, {"language": "fr"}],
)
def test_nothing_begins_without_consent_or_under_a_name(application, client, wrong):
    assert client.post("/api/recordings", json={**WHO, **wrong}).status_code == 422
    assert not (application.folders.data / "recordings").exists()


def test_from_consent_to_the_end(application, client, face):
    begun = client.post("/api/recordings", json=WHO)
    assert begun.status_code == 201
    at = f"/api/recordings/{begun.json()['id']}"

    def look(time, body=face, **more):
        answer = client.post(
            f"{at}/look", params={"width": 480, "time": time, **more}, content=body
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert look(0.0, bytes(480 * 360 * 4))["faults"][0]["name"] == "no_face"
    assert look(0.2, rate=12)["faults"][0]["name"] == "slow"
    ready = look(1.0, rate=30)
    assert ready["phase"] == "ready" and not ready["faults"]
    recording = look(2.1, rate=30)
    assert recording["phase"] == "recording" and recording["attempt"] == 1
    kept = client.post(f"{at}/keep", params={"time": 3.0}).json()
    assert kept["kept"] == [1] and kept["number"] == 2
    stopped = client.post(f"{at}/stop", params={"time": 4.0}).json()
    assert stopped["phase"] == "stopped"
    (told,) = (application.folders.data / "recordings").glob("*.json")
    record = json.loads(told.read_text())
    assert record["consent"]["statement"] == "form 1" and record["takes"][0]["kept"]


def test_what_is_no_picture_is_refused(client, face):
    at = f"/api/recordings/{client.post('/api/recordings', json=WHO).json()['id']}/look"
    for width, body in ((480, b""), (480, face[:-1]), (479, face), (64, face)):
        answer = client.post(at, params={"width": width, "time": 1.0}, content=body)
        assert answer.status_code == 422
    assert client.post("/api/recordings/none/look?width=64&time=0").status_code == 404


def test_a_browsers_clip_is_made_whole(brief, tmp_path):
    stream = tmp_path / "upload"
    # as a browser writes: to something that cannot be gone back in, so without durations
    with av.open(str(brief.path)) as source, stream.open("wb") as file:

        class Forward:
            def write(self, data):
                return file.write(data)

        out = av.open(Forward(), "w", format="matroska")
        copy = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = copy
                out.mux(packet)
        out.close()
    assert probe(stream).duration_s is None
    remux(stream)
    assert probe(stream).duration_s == pytest.approx(0.5, abs=0.1)
    with Reader(stream) as clip:
        assert len(list(clip)) == len(brief.truth.pts)
    assert [path.name for path in tmp_path.iterdir()] == ["upload"]
    stream.write_bytes(b"no video")
    with pytest.raises(VideoError, match="record it again"):
        remux(stream)
