"""A checkpoint of any form is read, and whatever else is given is one sentence and never run."""

from __future__ import annotations

import json
import os
import pickle
import zipfile

import pytest

torch = pytest.importorskip("torch", reason="torch is for learned engines only")

from mien.engines.motion.checkpoint import Networks  # noqa: E402
from mien.engines.motion.configuration import MotionConfig  # noqa: E402
from mien.errors import FormatError, MienError, ParameterError  # noqa: E402
from networks import SMALL, fresh, held, saved  # noqa: E402


class Runs:
    """What a pickle can do to a machine."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return os.mkdir, (str(self.place),)


@pytest.mark.parametrize("archive", [True, False])
def test_legacy_files_and_archives_hold_the_same(tmp_path, archive):
    path = tmp_path / "model.pth.tar"
    networks = fresh()
    torch.save(held(networks), path, _use_new_zipfile_serialization=archive)
    found = Networks.open(path)
    assert found.config == SMALL
    for one, other in (
        (networks.detector, found.detector),
        (networks.generator, found.generator),
    ):
        for (name, value), (key, like) in zip(
            one.state_dict().items(), other.state_dict().items(), strict=True
        ):
            assert name == key and torch.equal(value, like)
    assert not any(p.requires_grad for p in found.generator.parameters())
    assert not found.generator.training


def test_a_configuration_beside_it_is_taken_before_its_own(tmp_path):
    path, config = saved(tmp_path / "model.pt", config=None), tmp_path / "model.json"
    config.write_text(json.dumps(SMALL.to_json()))
    assert Networks.open(path, config).config == SMALL
    with pytest.raises(FormatError, match="--config"):
        Networks.open(path)  # the published model's sizes are not its own


@pytest.mark.parametrize("archive", [True, False])
@pytest.mark.parametrize("where", ["top", "generator", "optimiser"])
def test_a_malicious_pickle_does_not_run(tmp_path, archive, where):
    place, path = tmp_path / "ran", tmp_path / "model.pt"
    content = held(fresh())
    if where == "top":
        content = Runs(place)
    elif where == "generator":
        content["generator"]["final.bias"] = Runs(place)
    else:
        content["optimizer_generator"] = Runs(place)
    torch.save(content, path, _use_new_zipfile_serialization=archive)
    with pytest.raises(FormatError, match="holds more than tensors"):
        Networks.open(path)
    assert not place.exists()


def test_a_plain_pickle_does_not_run(tmp_path):
    place, path = tmp_path / "ran", tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"generator": Runs(place)}))
    with pytest.raises(FormatError):
        Networks.open(path)
    assert not place.exists()


@pytest.mark.parametrize("archive", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.98])
def test_a_truncated_file_is_one_sentence(tmp_path, archive, share):
    path = tmp_path / "model.pt"
    torch.save(held(fresh()), path, _use_new_zipfile_serialization=archive)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(FormatError) as caught:
        Networks.open(path)
    assert str(caught.value).startswith(f"{path} is not a checkpoint") and "\n" not in str(
        caught.value
    )


def without(state, key):
    del state[key]


def changed(state, key, value):
    state[key] = value


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda held: held.pop("kp_detector"), "it has no kp_detector"),
        (lambda held: held.update(generator=[1]), "it has no generator"),
        (lambda held: without(held["generator"], "final.bias"), "lacks final.bias: give the"),
        (lambda held: held["generator"].clear(), r"lacks dense_motion\S+ and \d+ more tensors"),
        (lambda held: changed(held["generator"], "extra", torch.zeros(1)), "has extra, which"),
        (
            lambda held: changed(held["generator"], "final.bias", torch.zeros(4)),
            r"\(3,\) is wa",
        ),
        (lambda held: changed(held["generator"], "final.bias", 1.0), "no tensor called final.bias"),
        (
            lambda held: changed(held["generator"], "final.bias", torch.zeros(3).to_sparse()),
            "no tensor called final.bias",
        ),
        (
            lambda held: changed(held["generator"], "final.bias", torch.zeros(3, dtype=torch.int)),
            "of another kind",
        ),
        (
            lambda held: changed(held["kp_detector"], "kp.bias", torch.full((4,), float("nan"))),
            "kp.bias with values that are no numbers",
        ),
        (lambda held: held.update(config={"model_params": 3}), "not the configuration"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, change, words):
    content, path = held(fresh()), tmp_path / "model.pt"
    change(content)
    torch.save(content, path)
    with pytest.raises(FormatError, match=words):
        Networks.open(path)


@pytest.mark.parametrize("content", [[1, 2], torch.zeros(3), "text"])
def test_what_is_no_dictionary_holds_no_networks(tmp_path, content):
    path = tmp_path / "model.pt"
    torch.save(content, path)
    with pytest.raises(FormatError, match="holds no networks"):
        Networks.open(path)


def test_a_missing_file_and_a_folder_are_said(tmp_path):
    for path in (tmp_path / "none.pt", tmp_path):
        with pytest.raises(ParameterError, match="cannot be read"):
            Networks.open(path)
    with pytest.raises(ParameterError, match="cannot be read"):
        Networks.open(saved(tmp_path / "model.pt"), tmp_path / "none.yaml")


def test_a_picture_is_no_checkpoint(tmp_path):
    path = tmp_path / "model.png"
    path.write_bytes(b"\x89PNG\r\n" + bytes(range(256)) * 40)
    with pytest.raises(MienError):
        Networks.open(path)


def test_an_archive_that_is_packed_may_not_be_larger_than_a_file(tmp_path):
    path = tmp_path / "model.pt"
    zeros = bytes(1 << 20)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", zeros)
    content = bytearray(path.read_bytes())
    at = content.rfind(b"PK\x01\x02")  # the list of what is in it says 4 GB less a byte, twice
    content[at + 24 : at + 28] = (0xFFFFFFFE).to_bytes(4, "little")
    entry = bytes(content[at : content.rfind(b"PK\x05\x06")])
    end = bytearray(content[content.rfind(b"PK\x05\x06") :])
    end[8:12] = (2).to_bytes(2, "little") * 2
    end[12:16] = (2 * len(entry)).to_bytes(4, "little")
    path.write_bytes(bytes(content[:at]) + entry + entry + bytes(end))
    with pytest.raises(FormatError, match="more than 4 GB"):
        Networks.open(path)


def test_half_precision_is_read_as_single(tmp_path):
    networks = fresh()
    content = held(networks)
    content["generator"] = {
        key: value.half() if value.is_floating_point() else value
        for key, value in content["generator"].items()
    }
    path = tmp_path / "model.pt"
    torch.save(content, path)
    assert Networks.open(path).generator.final.weight.dtype == torch.float32
    assert isinstance(MotionConfig.of(content["config"], "it"), MotionConfig)
