"""Images sent to an archive in this process, and received from it."""

from __future__ import annotations

import queue
import threading

import pytest
from pydicom import dcmread

from dicom_images import frames, video
from mien.dicom.network import Peer, Receiver, SendError, send
from mien.errors import OutputError, ParameterError


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "archive"
    folder.mkdir()
    came = queue.Queue()
    with Receiver(folder, 0, title="ARCHIVE", told=came.put, only_from=["MIEN"]) as receiver:
        yield receiver, folder, came


def test_what_is_sent_arrives(pictures, tmp_path, archive, mien):
    receiver, folder, came = archive
    paths = [
        frames(tmp_path / "a.dcm", pictures, PatientIdentityRemoved="YES"),
        video(tmp_path / "b.dcm", pictures, PatientIdentityRemoved="YES"),
    ]
    words = ("dicom", "send", *paths, "--to", f"127.0.0.1:{receiver.port}", "--called", "ARCHIVE")
    ran = mien(*words)
    assert ran.exit_code == 0, ran.output
    for path in paths:
        one = came.get(timeout=10)
        before, after = dcmread(path), dcmread(one.path)
        assert one.path.name == f"{before.SOPInstanceUID}.dcm" and not one.again
        assert before.PixelData == after.PixelData
        assert before.file_meta.TransferSyntaxUID == after.file_meta.TransferSyntaxUID
    assert mien(*words).exit_code == 0 and came.get(timeout=10).again
    assert len(list(folder.iterdir())) == 2


def test_who_still_names_the_patient_is_not_sent(pictures, tmp_path, archive):
    receiver, folder, _ = archive
    path = frames(tmp_path / "a.dcm", pictures)
    peer = Peer("127.0.0.1", receiver.port, "ARCHIVE")
    with pytest.raises(ParameterError, match="--identified"):
        send([path], peer)
    assert not list(folder.iterdir())
    assert len(send([path], peer, identified=True)) == 1


def test_archives_that_refuse(pictures, tmp_path, archive):
    receiver, folder, _ = archive
    path = frames(tmp_path / "a.dcm", pictures, PatientIdentityRemoved="YES")
    stranger = Peer("127.0.0.1", receiver.port, "ARCHIVE", "STRANGER")
    with pytest.raises(SendError, match="refuses us"):
        send([path], stranger)
    with pytest.raises(OutputError, match="listened"):
        Receiver(folder, receiver.port)
    port = receiver.port
    folder.rmdir()
    with pytest.raises(SendError, match="A700"):
        send([path], Peer("127.0.0.1", port, "ARCHIVE"))
    with Receiver(tmp_path, 0) as other:
        gone = other.port
    with pytest.raises(SendError, match="cannot be reached"):
        send([path], Peer("127.0.0.1", gone), timeout_s=5)


def test_receiving_from_the_command_line(pictures, tmp_path, mien):
    path = frames(tmp_path / "a.dcm", pictures, PatientIdentityRemoved="YES")
    (tmp_path / "inbox").mkdir()
    with Receiver(tmp_path, 0) as one:
        port = one.port  # free, and free again after this
    done = []
    listening = threading.Thread(
        target=lambda: done.append(
            mien("dicom", "receive", "-o", tmp_path / "inbox", "--port", port, "--count", 1)
        )
    )
    listening.start()
    for attempt in range(200):
        try:
            send([path], Peer("127.0.0.1", port), timeout_s=5)
            break
        except SendError:
            if attempt == 199:
                raise
            listening.join(0.05)
    listening.join(20)
    assert done[0].exit_code == 0 and len(list((tmp_path / "inbox").iterdir())) == 1


@pytest.mark.parametrize("written", ["archive", "archive:", ":104", "archive:0", "archive:99999"])
def test_addresses(written):
    with pytest.raises(ParameterError):
        Peer.read(written)
    with pytest.raises(ParameterError):
        Peer("archive", 104, "A TITLE THAT IS TOO LONG")
    assert Peer.read("[::1]:104") == Peer("::1", 104)
