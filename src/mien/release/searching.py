"""Whether words are in a file, however it keeps them.

All bytes of every file are looked at. Text is compared as text: whatever the case, with accents in
one letter or two, and as JSON, addresses and HTML spell letters. What tables, archives and the
metadata of videos hold is unpacked first. What cannot be unpacked is said to be unread: nothing is
known of it.

In text a word stands on its own ("Anna" is not in "savanna"). Among bytes that are no text there
are no such borders, and three letters turn up in any picture by chance; there, words of fewer than
`LONG` letters are not looked for.

What is enciphered, written as base64 or spoken is not found.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import html
import io
import lzma
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote

from mien.video import clips

LONG = 6
"""Letters from which on a word is also looked for among bytes that are no text."""
_CODES = ("utf-8", "utf-16-le", "utf-16-be")
_OLDER = "cp1252"  # of programs that know no Unicode
_OVERLAP = 1 << 13  # bytes that two pieces share; no word is longer
_DEEPEST = 8  # archives in archives
_LARGEST = 1 << 28  # bytes of what is unpacked, so that a small file does not fill the memory
_DIGITS = 6  # from which on a number may be a date or a patient's
_TABLE, _ZIP = b"PAR1", (b"PK\x03\x04", b"PK\x05\x06")
_STREAMS: dict[bytes, Any] = {
    b"\x1f\x8b\x08": gzip,
    b"BZh": bz2,
    b"\xfd7zXZ\0": lzma,
}
_LITTLE = 1 << 12  # bytes in which a short word hardly turns up by chance
_ODD = re.compile("[\x00-\x08\x0e-\x1f\x7f\ue000-\uf8ff\ufffd]")  # what text has little of
_MOST_ODD = 0.05  # of the letters of a text; random bytes have 0.128 or more in any code
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_CUT = re.compile(rb"\A[\x80-\xbf]{0,3}")  # the rest of a letter that another piece began
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[\"\\/bfnrt])")
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True)
class Searched:
    """What a search of a file found."""

    words: tuple[str, ...]
    """Those that the file holds, in the order in which they were asked for."""
    read: bool
    """Whether all of it could be looked at; if not, the file may hold the other words too."""


def search(path: Path, words: Iterable[str], piece: int = 1 << 24) -> Searched:
    """Look for words in a file, whatever it is.

    Parameters
    ----------
    path : Path
        Only read. A file that cannot be read is answered, too.
    words : iterable of str
        Names, paths, checksums; in any case and form.
    piece : int
        Bytes that are looked at together.

    Returns
    -------
    searched : Searched
    """
    looking = _Search(words, piece)
    try:
        with path.open("rb") as stream:
            looking.look(stream, path.suffix.lower())
    except OSError:
        looking.read = False
    return Searched(tuple(word for word in looking.words if word in looking.found), looking.read)


def holds(text: str, word: str) -> bool:
    """Whether a text holds a word that stands on its own there, whatever the case."""
    return _alone(plain(text), plain(word))


def plain(text: str) -> str:
    """Small letters, each accent part of its letter: how names are compared."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _alone(text: str, word: str) -> bool:
    return word in text and bool(re.search(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", text))


class _Search:
    """Looks through one file and what is in it.

    Parameters
    ----------
    words : iterable of str
        What to look for.
    piece : int
        Bytes that are looked at together.
    """

    def __init__(self, words: Iterable[str], piece: int) -> None:
        self._piece = piece
        self.words = tuple(dict.fromkeys(word for word in words if word))
        self.found: set[str] = set()
        self.read = True
        self._plain = {word: plain(word) for word in self.words}
        self._coded = {
            word: [_spelled(word, code) for code in _CODES]
            for word in self.words
            if len(word) >= LONG
        }

    def look(self, stream: BinaryIO, ending: str = "", depth: int = 0) -> None:
        """Look for the words that are still missing, in bytes and in what they mean."""
        head = stream.read(16)
        packed = next((kind for magic, kind in _STREAMS.items() if head.startswith(magic)), None)
        table = ending == ".parquet" or head.startswith(_TABLE)
        video = ending in clips.ENDINGS or head[4:8] == b"ftyp"
        known = bool(table or video or packed or head.startswith(_ZIP))
        self._bytes(stream, text=not known)
        # an archive may stand behind something else, as in a program that unpacks itself
        zipped = head.startswith(_ZIP) or zipfile.is_zipfile(stream)
        if depth > _DEEPEST:
            self.read = self.read and not (known or zipped)
            return
        if zipped:
            self._try(lambda: self._archive(stream, depth))
        stream.seek(0)
        if table:
            self._try(lambda: self._table(stream, depth))
        elif video:
            self._try(lambda: self._video(stream))
        elif packed:
            self._try(lambda: self._stream(packed, stream, depth))

    def _try(self, part: Callable[[], None]) -> None:
        try:
            part()
        except Exception:  # whatever went wrong: what was not looked through is not called clean
            self.read = False

    def _bytes(self, stream: BinaryIO, *, text: bool) -> None:
        """Look at all bytes, a piece at a time; as text, too, unless they are known to be none."""
        stream.seek(0)
        piece = b""
        while fresh := stream.read(self._piece):
            piece = piece[-_OVERLAP:] + fresh
            if not text:
                self._in_bytes(piece)
            elif (written := _as_text(piece)) is not None:
                self._in_text(written)
            else:
                self._in_bytes(piece)
                for code in ("utf-8", _OLDER, *(_CODES[1:] if b"\0" in piece else ())):
                    written = piece.decode(code, "replace")
                    if len(piece) <= _LITTLE or _mostly_letters(written):
                        self._in_text(written)

    def _in_bytes(self, piece: bytes) -> None:
        small = piece.lower()
        for word, spelled in self._coded.items():
            if word not in self.found and any(
                one in small if isinstance(one, bytes) else one.search(small) for one in spelled
            ):
                self.found.add(word)

    def _in_text(self, text: str) -> None:
        for version in _versions(text):
            small = plain(version)
            for word, wanted in self._plain.items():
                if word not in self.found and _alone(small, wanted):
                    self.found.add(word)

    def _unpacked(self, inside: Any, ending: str, depth: int) -> None:
        """Look at what an archive holds."""
        content = inside.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            self.read = False
        self.look(io.BytesIO(content), ending, depth + 1)

    def _stream(self, kind: Any, stream: BinaryIO, depth: int) -> None:
        with kind.open(stream) as inside:
            self._unpacked(inside, "", depth)

    def _archive(self, stream: BinaryIO, depth: int) -> None:
        with zipfile.ZipFile(stream) as archive:
            self._value(archive.comment, depth)
            for entry in archive.infolist():
                self._in_text(entry.filename)
                self._value(entry.comment, depth)
                with archive.open(entry) as inside:
                    self._unpacked(inside, Path(entry.filename).suffix.lower(), depth)

    def _video(self, stream: BinaryIO) -> None:
        """Look at a video's metadata; its bytes were looked at, its pictures are not text."""
        import av

        with av.open(stream) as container:
            notes = [container.metadata, *(one.metadata for one in container.streams)]
            notes += [chapter["metadata"] for chapter in container.chapters()]
            for note in notes:
                self._in_text("\n".join([*note, *note.values()]))

    # --- tables -----------------------------------------------------------------------------------

    def _table(self, stream: BinaryIO, depth: int) -> None:
        import pyarrow.parquet as pq

        file = pq.ParquetFile(stream)
        for key, value in (file.metadata.metadata or {}).items():
            self._value(key, depth)
            if key == b"ARROW:schema":  # the types, in Arrow's own layout
                self._in_bytes(base64.b64decode(value))
            else:
                self._value(value, depth)
        for field in file.schema_arrow:
            self._field(field, depth)
        for batch in file.iter_batches():
            for column in batch.columns:
                self._column(column, depth)

    def _field(self, field: Any, depth: int) -> None:
        """Look at what a column and those in it are called, and at notes about them."""
        self._in_text(field.name)
        for key, value in (field.metadata or {}).items():
            self._value(key, depth)
            self._value(value, depth)
        self._type(field.type, depth)

    def _type(self, kind: Any, depth: int) -> None:
        import pyarrow as pa

        if isinstance(kind, pa.BaseExtensionType):
            self._in_text(kind.extension_name)
            if isinstance(kind, pa.ExtensionType):
                self._value(kind.__arrow_ext_serialize__(), depth)
            self._type(kind.storage_type, depth)
        elif pa.types.is_dictionary(kind):
            self._type(kind.value_type, depth)
        elif pa.types.is_map(kind):
            self._field(kind.key_field, depth)
            self._field(kind.item_field, depth)
        elif pa.types.is_struct(kind) or pa.types.is_union(kind):
            for k in range(kind.num_fields):
                self._field(kind.field(k), depth)
        elif pa.types.is_nested(kind):
            self._field(kind.value_field, depth)

    def _column(self, column: Any, depth: int) -> None:
        """Look at the values of a column, whatever their type."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        kind = column.type
        if isinstance(kind, pa.BaseExtensionType):
            self._column(column.storage, depth)
        elif pa.types.is_dictionary(kind):
            self._column(column.dictionary, depth)
        elif pa.types.is_map(kind):
            self._column(column.keys, depth)
            self._column(column.items, depth)
        elif pa.types.is_struct(kind) or pa.types.is_union(kind):
            for k in range(kind.num_fields):
                self._column(column.field(k), depth)
        elif pa.types.is_nested(kind):
            self._column(column.values, depth)
        elif pa.types.is_floating(kind):
            numbers = np.unique(column.drop_null().to_numpy(zero_copy_only=False))
            numbers = numbers[np.isfinite(numbers) & (numbers == np.floor(numbers))]
            self._numbers(str(int(number)) for number in numbers)
        elif pa.types.is_integer(kind):
            self._numbers(map(str, pc.unique(column).drop_null().to_pylist()))
        elif pa.types.is_boolean(kind) or pa.types.is_null(kind):
            return
        elif _is_text(kind) or pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
            texts = pc.unique(column).drop_null()
            if not _is_text(kind):
                texts = texts.cast(pa.string())
            # as bytes: what is no text is looked at as well
            for value in texts.cast(pa.large_binary()).to_pylist():
                self._value(value, depth)
        else:
            for value in pc.unique(column).drop_null().cast(pa.large_binary()).to_pylist():
                self._value(value, depth)

    def _numbers(self, numbers: Iterable[str]) -> None:
        """Look at whole numbers; a short one is anybody's."""
        self._in_text("\n".join(number for number in numbers if len(number) >= _DIGITS))

    def _value(self, value: bytes, depth: int) -> None:
        self.look(io.BytesIO(value), "", depth + 1)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    view = getattr(pa.types, "is_string_view", lambda _: False)  # newer versions only
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or view(kind))


def _as_text(piece: bytes) -> str | None:
    """A piece of a file that is text, or None; its first and last letter may be cut."""
    if _NO_TEXT.search(piece):
        return None
    start = _CUT.match(piece)
    assert start is not None
    whole = piece[start.end() :]
    for cut in range(min(4, len(whole) + 1)):
        try:
            return whole[: len(whole) - cut].decode()
        except UnicodeDecodeError as exc:
            if exc.start < len(whole) - 3:
                return None
    return None


def _mostly_letters(text: str) -> bool:
    """Whether bytes that were taken for text can be text."""
    return _ODD.subn("", text)[1] <= _MOST_ODD * len(text)


def _versions(text: str) -> set[str]:
    """A text, and what it says where letters in it are written as something else."""
    found = {text}
    if "\\" in text:
        found |= {_unescaped(one) for one in found}
    if "%" in text:
        found |= {unquote(one, encoding=code) for one in found for code in ("utf-8", _OLDER)}
    if "&" in text:
        found |= {html.unescape(one) for one in found}
    return found


def _unescaped(text: str) -> str:
    """A text without the escapes of JSON and of programs."""

    def letter(escape: re.Match[str]) -> str:
        said = escape[1]
        return chr(int(said[1:], 16)) if len(said) > 1 else _LETTERS.get(said, said)

    pairs = _ESCAPE.sub(letter, text)
    return pairs.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _spelled(word: str, code: str) -> bytes | re.Pattern[bytes]:
    """A word's bytes in small letters: as they are, or a pattern where letters have accents.

    ``bytes.lower`` makes only letters without accents small, so the others are listed.
    """
    letters = unicodedata.normalize("NFC", word)
    parts = [{one.encode(code).lower() for one in _forms(letter)} for letter in letters]
    if all(len(part) == 1 for part in parts):
        return b"".join(one for part in parts for one in part)
    return re.compile(
        b"".join(b"(?:%s)" % b"|".join(map(re.escape, sorted(part))) for part in parts), re.S
    )


def _forms(letter: str) -> Iterator[str]:
    """A letter in both cases, with its accent in it and after it."""
    for one in {letter, letter.lower(), letter.upper(), letter.casefold()}:
        yield unicodedata.normalize("NFC", one)
        yield unicodedata.normalize("NFD", one)
