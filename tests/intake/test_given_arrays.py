"""Archives of arrays are weighed by their headers."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import format as layout

from mien.errors import FormatError
from mien.intake.amounts import ARRAYS
from mien.intake.arrays import read_arrays
from mien.selfnorm.network import SelfNorm


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in members.items():
            out.writestr(f"{name}.npy", content)
    return path


def headed(shape: tuple[int, ...], data: bytes = b"", kind: str = "<f8") -> bytes:
    """An array whose header may say anything."""
    stream = io.BytesIO()
    layout.write_array_header_1_0(stream, {"descr": kind, "fortran_order": False, "shape": shape})
    return stream.getvalue() + data


def test_what_numpy_writes_is_read(tmp_path):
    held = {
        "a": np.arange(6.0).reshape(2, 3),
        "b": np.array("words"),
        "c": np.asfortranarray(np.ones((3, 4), np.float16)),
        "d": np.zeros((0, 5), np.int32),
    }
    np.savez_compressed(tmp_path / "a.npz", **held)
    with (tmp_path / "a.npz").open("rb") as stream:
        for found in (read_arrays(tmp_path / "a.npz", "arrays"), read_arrays(stream, "arrays")):
            assert list(found) == list(held)
            assert all(np.array_equal(found[name], held[name]) for name in held)


BAD = {
    "a terabyte": {"x": headed((1 << 37,))},
    "a terabyte of one axis": {"x": headed((1 << 20, 1 << 20), b"12345678")},
    "more than there is": {"x": headed((100,), bytes(80))},
    "less than nothing": {"x": headed((-1,), bytes(80))},
    "no number": {"x": headed((2,), np.array([1, np.nan]).tobytes())},
    "infinite": {"x": headed((2,), np.array([1, np.inf]).tobytes())},
    "objects": {"x": headed((1,), b"cos\nsystem\n.", "|O")},
    "no array": {"x": b"words"},
    "nothing": {"x": b""},
    "a header that is a program": {
        "x": layout.magic(1, 0) + b"\x20\x00" + b"__import__('os').getcwd()      \n"
    },
    "a header without end": {"x": layout.magic(2, 0) + b"\xff\xff\xff\x7f{"},
}  # fmt: skip


@pytest.mark.parametrize("name", list(BAD))
def test_what_is_no_archive_of_numbers(tmp_path, name):
    path = archive(tmp_path / "a.npz", **BAD[name])
    with pytest.raises(FormatError) as caught:
        read_arrays(path, "a network")
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(FormatError):
        SelfNorm.load(path)


def test_many_small_arrays_add_up(tmp_path):
    one = headed((5000,), bytes(40_000))
    read_arrays(archive(tmp_path / "a.npz", a=one, b=one), "arrays", 100_000)
    with pytest.raises(FormatError, match="MB"):
        read_arrays(archive(tmp_path / "b.npz", a=one, b=one, c=one), "arrays", 100_000)
    many = dict.fromkeys((f"a{number}" for number in range(ARRAYS + 1)), headed((0,)))
    with pytest.raises(FormatError, match=f"{ARRAYS + 1} arrays"):
        read_arrays(archive(tmp_path / "c.npz", **many), "arrays")


def test_any_damage_is_answered(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", a=np.arange(300.0), b=np.array("words"))
    data = (tmp_path / "a.npz").read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(300):
        broken = bytearray(data[: rng.integers(1, len(data) + 1)])
        broken[rng.integers(len(broken))] ^= 1 << rng.integers(8)
        (tmp_path / "b.npz").write_bytes(broken)
        try:
            read_arrays(tmp_path / "b.npz", "arrays")
        except FormatError:
            pass
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "missing.npz", "arrays")


def test_layers_that_do_not_follow_on_each_other(tmp_path):
    SelfNorm.seven().save(tmp_path / "a.npz")
    held = read_arrays(tmp_path / "a.npz", "a network")
    SelfNorm.load(tmp_path / "a.npz")
    for change in (
        {"weight_0": held["weight_0"][:-1]},
        {"bias_0": held["bias_0"][:-1]},
        {"scale": held["scale"][:-1]},
        {"weight_0": held["weight_0"].astype(np.complex64)},
        {"expressions": held["expressions"][:-1]},
        {"config": np.array("[" * 100_000)},
    ):
        np.savez(tmp_path / "b.npz", **{**held, **change})
        with pytest.raises(FormatError):
            SelfNorm.load(tmp_path / "b.npz")
