"""A word is found however a file keeps it, and what cannot be read is not called clean."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import unicodedata
import zipfile
from collections.abc import Callable
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from encounters import clip
from mien.release.searching import holds, search

WORD = "DrMeier_camera"
ACCENTED = "Müller-Žák"


def dictionary(values, kind=None):
    return pa.array(values, kind or pa.string()).dictionary_encode()


def columns():
    """A table's column of every kind that can hold letters, with the word in it once."""
    texts = ["doctor", None, f"see {WORD}"]
    table = pa.table({"x": texts})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    fixed = WORD.encode()
    return {
        "string": pa.array(texts),
        "large string": pa.array(texts, pa.large_string()),
        "binary": pa.array([None, b"\x00\x01" + WORD.encode() + b"\xff"], pa.binary()),
        "large binary": pa.array([f"see {WORD}".encode()], pa.large_binary()),
        "fixed binary": pa.array([fixed, None], pa.binary(len(fixed))),
        "utf-16 in binary": pa.array([WORD.encode("utf-16-le")], pa.binary()),
        "dictionary": dictionary(texts),
        "dictionary of binary": dictionary([b"a", WORD.encode()], pa.binary()),
        "list": pa.array([["doctor"], None, [None, WORD]]),
        "large list": pa.array([[WORD]], pa.large_list(pa.string())),
        "fixed list": pa.array([["a", WORD], ["b", "c"]], pa.list_(pa.string(), 2)),
        "nested list": pa.array([[["a"], [WORD]], []]),
        "struct": pa.array([{"role": "doctor", "by": WORD}, None]),
        "list of structs": pa.array([[{"by": WORD}]]),
        "map, a value": pa.array([[("by", WORD)]], pa.map_(pa.string(), pa.string())),
        "map, a key": pa.array([[(WORD, 1)]], pa.map_(pa.string(), pa.int32())),
        "list of dictionaries": pa.ListArray.from_arrays([0, 3], dictionary(texts)),
        "a table in a table": pa.array([sink.getvalue()], pa.binary()),
        "name of a nested field": pa.array([{WORD: 1.0}]),
    }


@pytest.fixture(scope="module")
def found_columns(tmp_path_factory):
    folder = tmp_path_factory.mktemp("columns")
    found = {}
    for number, (name, column) in enumerate(columns().items()):
        path = folder / f"{number}.parquet"
        pq.write_table(pa.table({"x": column}), path, compression="zstd")
        found[name] = path
    return found


@pytest.mark.parametrize("kind", list(columns()))
def test_a_word_in_a_column_of_any_kind(found_columns, kind):
    assert search(found_columns[kind], [WORD.lower(), "nowhere"]).words == (WORD.lower(),)


def test_letters_next_to_a_word_make_another_word(found_columns):
    assert search(found_columns["string"], ["doc", "see d", "ctor"]).words == ()


@pytest.mark.parametrize(
    "column",
    [
        pa.array([19610503]),
        pa.array([[19610503]]),
        pa.array([19610503.0, np.nan, 0.5]),
        pa.array([7, 19610503]).dictionary_encode(),
    ],
)
def test_a_number_that_is_a_word(tmp_path, column):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": column}), path, compression="zstd")
    assert search(path, ["19610503", "961050"]).words == ("19610503",)


def test_a_date_that_is_a_word(tmp_path):
    path = tmp_path / "a.parquet"
    born = pa.array([-3165], pa.int32()).cast(pa.date32())
    pq.write_table(pa.table({"born": born}), path, compression="zstd")
    assert search(path, [str(born[0].as_py())]).words == (str(born[0].as_py()),)


class Place(pa.ExtensionType):
    """Text with a name that Arrow was not told."""

    def __init__(self, note=""):
        self.note = note
        super().__init__(pa.string(), "mien.test.place")

    def __arrow_ext_serialize__(self):
        return self.note.encode()

    @classmethod
    def __arrow_ext_deserialize__(cls, storage, serialized):
        return cls(serialized.decode())


@pytest.mark.parametrize("where", ["value", "note"])
@pytest.mark.parametrize("registered", [True, False])
def test_a_word_in_an_extension_type(tmp_path, where, registered):
    kind = Place(WORD if where == "note" else "")
    values = pa.array([WORD if where == "value" else "doctor"])
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"x": pa.ExtensionArray.from_storage(kind, values)}), path, compression="zstd"
    )
    if registered:
        pa.register_extension_type(kind)
    try:
        assert search(path, [WORD]).words == (WORD,)
    finally:
        if registered:
            pa.unregister_extension_type("mien.test.place")


@pytest.mark.parametrize("where", ["schema", "field", "nested field", "key"])
def test_a_word_in_a_tables_metadata(tmp_path, where):
    note = {b"by": b"Anna"}
    inner = pa.field("y", pa.string(), metadata=note if where == "nested field" else None)
    field = pa.field("x", pa.list_(inner), metadata=note if where == "field" else None)
    schema = pa.schema([field], metadata=note if where == "schema" else None)
    if where == "key":
        schema = schema.with_metadata({b"Anna": b"x"})
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"x": pa.array([["doctor"]], field.type)}, schema=schema), path)
    assert search(path, ["anna"]).words == ("anna",)


@pytest.mark.parametrize("cut", [4, 40, -1, -20, "values", "footer"])
def test_a_damaged_table_is_not_called_clean(tmp_path, cut):
    path = tmp_path / "timeline.parquet"
    pq.write_table(pa.table({"x": [f"row {k} {k * k}" for k in range(999)]}), path)
    whole = bytearray(path.read_bytes())
    if isinstance(cut, int):
        whole = whole[:cut]
    elif cut == "values":
        whole[4:60] = bytes(56)
    else:
        start = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
        whole[start : start + 18] = bytes(18)
    path.write_bytes(whole)
    found = search(path, [WORD])
    assert found.words == () and not found.read


def test_a_word_among_the_bytes_of_a_damaged_table(tmp_path):
    path = tmp_path / "timeline.parquet"
    path.write_bytes(b"PAR1\0\0" + WORD.upper().encode() + b"\0\0PAR1")
    found = search(path, [WORD])
    assert found.words == (WORD,) and not found.read


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("case", [str.lower, str.upper, str.title])
@pytest.mark.parametrize("around", [("", ""), ("\0\x01\x02", "\0\xfe")])
def test_accents_in_any_case_form_and_code(tmp_path, code, form, case, around):
    path = tmp_path / "any"
    text = unicodedata.normalize(form, case(ACCENTED))
    before, after = (one.encode("latin-1") for one in around)
    path.write_bytes(before + f" {text} ".encode(code) + after)
    for asked in ("NFC", "NFD"):
        word = unicodedata.normalize(asked, ACCENTED)
        assert search(path, [word]).words == (word,)


def test_accents_in_the_code_of_older_programs(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("name;Müller\r\n".encode("cp1252"))
    assert search(path, ["müller", "mull"]).words == ("müller",)


@pytest.mark.parametrize(
    "written",
    [
        json.dumps({"by": ACCENTED}),
        json.dumps({"by": f"one\n{ACCENTED}\ttwo"}, ensure_ascii=False),
        quote(ACCENTED),
        quote(ACCENTED, encoding="cp1252"),
        "M&uuml;ller-&#381;&#xe1;k",
        json.dumps(quote(ACCENTED)),
        "M\\xfcller-\\u017d\\xe1k",
    ],
)
def test_letters_that_are_written_as_something_else(tmp_path, written):
    path = tmp_path / "a.json"
    path.write_text(written)
    assert search(path, [ACCENTED]).words == (ACCENTED,)


def test_a_path_of_windows_in_json(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"from": r"C:\Users\Anna"}))
    assert search(path, [r"C:\Users\Anna"]).words == (r"C:\Users\Anna",)


def test_a_word_where_one_piece_of_a_large_file_ends(tmp_path):
    path = tmp_path / "any"
    for before in range((1 << 14) - 20, (1 << 14) + 2):
        for fill in (b"\0", b" "):
            path.write_bytes(fill * before + WORD.encode() + fill * 9)
            assert search(path, [WORD], 1 << 14).words == (WORD,)


def zipped(content):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside/a.xml", content)
    return stream.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zip": zipped,
}


@pytest.mark.parametrize("one", list(PACKED))
@pytest.mark.parametrize("other", [*PACKED, None])
def test_a_word_in_what_is_packed(tmp_path, one, other):
    content = PACKED[one](b"to anna, with thanks " * 9)
    path = tmp_path / "a.bin"
    path.write_bytes(content if other is None else PACKED[other](content))
    assert search(path, ["Anna", "nna"]).words == ("Anna",)


def test_a_word_in_the_name_of_what_is_packed(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("of/Anna.txt", "nothing")
        archive.comment = b"by Max"
    assert search(path, ["anna", "max"]).words == ("anna", "max")


@pytest.mark.parametrize("kind", list(PACKED))
def test_what_is_packed_and_damaged_is_not_called_clean(tmp_path, kind):
    path = tmp_path / "a.bin"
    content = PACKED[kind](os.urandom(4000))
    path.write_bytes(content[: len(content) // 2])
    assert not search(path, [WORD]).read


def test_what_is_packed_too_often_is_not_called_clean(tmp_path):
    content = b"text"
    for _ in range(20):
        content = gzip.compress(content)
    path = tmp_path / "a.bin"
    path.write_bytes(content)
    assert not search(path, [WORD]).read


@pytest.mark.parametrize(
    "before", [b"\x7fELF\0\1" + bytes(90), b"", b"\0\0\0\x20ftypisom" + bytes(90)]
)
def test_an_archive_behind_something_else(tmp_path, before):
    path = tmp_path / "a.bin"
    path.write_bytes(before + PACKED["zip"](b"to anna, with thanks " * 9))
    assert search(path, ["Anna"]).words == ("Anna",)


def test_short_words_are_not_looked_for_among_many_bytes_that_are_no_text(tmp_path):
    path = tmp_path / "a.png"
    noise = np.random.default_rng(1).integers(0, 256, 1 << 16, np.uint8).tobytes()
    path.write_bytes(noise + b" Anna DrMeier " + noise)
    assert search(path, ["anna", "drmeier"]).words == ("drmeier",)


@pytest.mark.parametrize("code", ["cp1252", "utf-16-le", "utf-16-be", "utf-16"])
def test_short_words_are_looked_for_in_long_text_of_any_code(tmp_path, code):
    path = tmp_path / "a.csv"
    path.write_bytes(("für Anna;ja\r\n" * 9999).encode(code))
    assert search(path, ["anna", "nna"]).words == ("anna",)


def test_short_words_are_not_looked_for_among_the_bytes_of_a_video(tmp_path):
    path = clip(tmp_path / "a.mp4", seed=1)
    with path.open("ab") as stream:
        stream.write(b"\0\0\0\x1ffree\0 Anna DrMeier \0\0\0\0\0\0\0\0")
    found = search(path, ["anna", "drmeier"])
    assert found.words == ("drmeier",) and found.read


@pytest.mark.parametrize("content", [b"", b"no video", b"\0\0\0\x20ftypisom" + bytes(90)])
def test_a_video_that_does_not_open_is_not_called_clean(tmp_path, content):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert not search(path, [WORD]).read


def test_a_file_that_is_not_there_is_not_called_clean(tmp_path):
    assert not search(tmp_path / "none", [WORD]).read


def test_a_word_stands_on_its_own():
    assert holds("see anna_mueller.mp4", "Anna")
    assert not holds("Annals, savanna", "anna")
