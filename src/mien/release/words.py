"""Words that give somebody away: parts of the names of files, wherever they turn up."""

from __future__ import annotations

import getpass
import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mien.release.searching import holds, plain

COMMON = frozenset(
    """
    both clip clips data dataset desktop doctor documents downloads encounter encounters face home
    main media mien mnt opt original originals out output parquet patient private project projects
    raw recording recordings report root schema session share shared study temp test tests tmp user
    users var video videos volumes work
    """.split()
)
"""Names of folders and files that say nothing, and are words of every data set."""
VIDEOS: tuple[str, ...] = ("doctor", "patient", "both")
"""Names that a video of a data set may have."""
_LEAST = 3  # letters
_DIGITS = 6  # of a number that may be a patient's, or a date
# words that name what is seen or done, not who it is, in English and German, and mien's own
_ORDINARY = frozenset(
    """
    after age all and arm aufnahme auto baseline bilder blink blinks blinzeln blur both brows
    camera cheek chin clinic close closed control cover covered das deid deidentified dem den
    der die diff dsc dyskinesia dystonia ein eine exam expression eye eyes facial final finger
    follow followup foot for frame frames from front full gait gesicht gesund gopr hand head
    healthy hypomimia img interview jaw keep klinik kontrolle lach laecheln left light links lip
    lips m4v main mask mesh mit mouth mov movement movie mp4 mute mvi nach neu neutral new none
    normal nose oben off one palsy paralyse paralysis parese paresis parkinson parkinsons part
    pat patientin phantom pixelate pose post pre reading rechts record rest resting result
    results review right ruhe sample scan series sex side smile speech sprechen standard stimme
    stroke syndrom syndrome talk talking tapping task tasks teil teil1 the tone tremor und unten
    unters untersuchung update vid voice vom von vor vorher walk walking week whatsapp with
    woche zeit zucken
    """.split()
)
# what mien itself writes of every clip; not what is a surname too, such as "still"
_WRITTEN = frozenset(
    """
    about against alike another apart are arms asked aspect away body but cannot cca centerface
    cnn come composites confidence continuity corners detector did distance dlib does domain
    down drives dynamics each engine every facemotionpreserve faceres faces fail family female
    fidelity found frequency generated generic government had has have held hides hips hold
    holds human independent inner its kept keypoints labels large lasts least legs male measure
    measured measuring mediapipe medical mirrored missing mobileface model most motion move
    moved moves mtcnn name needs never nobody not nothing official oks older open opinion other
    others over own parts person points portrait portraits precision presentation privacy
    public published pulse range rate rated ratio real recall recognised recogniser recognition
    removed rendered replace replaced reports resembles resnet scores second seen shape should
    shoulders shows sideways since solved stand stands stated surroundings synthetic take taken
    texture that their theirs them there they this times too tracked tracker trackers turn
    unaccounted untouched was wave were what when where wherever which while whose width
    without woman would wrong younger
    """.split()
)
_PLAIN = COMMON | _ORDINARY | _WRITTEN


def words_of(name: str) -> list[str]:
    """What in a clip's name could give somebody away, in small letters.

    Parameters
    ----------
    name : str
        As people call the clip, with or without an ending; no folders.

    Returns
    -------
    words : list of str
        The whole name without its ending, and its parts; also as they are spelled without accents.
        Words that say what is done, short ones and short numbers are left out.
    """
    stem = re.sub(r"\.\w{2,4}$", "", plain(name)).strip()
    parts = re.findall(r"[^\W_]+", stem)
    # "AnnaMueller1961" is three words
    joined = re.sub(r"\.\w{2,4}$", "", unicodedata.normalize("NFC", name))
    parts += [plain(piece) for piece in re.findall(r"[A-ZÄÖÜ][^\W\d_A-ZÄÖÜ]+|\d+", joined)]
    found: dict[str, None] = {}
    if len(set(parts)) > 1 and any(_tells(part) for part in parts):
        found[stem] = None
    for part in parts:
        if _tells(part):
            for spelled in _spellings(part):
                found[spelled] = None
    return list(found)


def names(paths: Iterable[Path]) -> list[str]:
    """What could give recordings away: their names, folders and paths, and the user's name."""
    found: dict[str, None] = {}
    for path in paths:
        for whole in (path.absolute(), path.resolve()):  # a link and what it leads to
            found[str(whole)] = None
            if whole.stem.lower() not in VIDEOS:
                found[whole.name] = None
            for part in (whole.stem, *whole.parent.parts):
                if len(part) > 2 and part.lower() not in COMMON:
                    found[part] = None
    with suppress(OSError, KeyError, ImportError):  # no name is known to some systems
        if len(user := getpass.getuser()) > 2 and user.lower() not in COMMON:
            found[user] = None
    return list(found)


def found_in(text: str, words: Iterable[str]) -> list[str]:
    """Those of the words that a text holds as words of their own, whatever the case."""
    return [word for word in words if holds(text, word)]


def texts_in(content: Any) -> list[str]:
    """Every text among the values of a JSON document."""
    if isinstance(content, str):
        return [content]
    if isinstance(content, dict):
        return [text for value in content.values() for text in texts_in(value)]
    if isinstance(content, list):
        return [text for value in content for text in texts_in(value)]
    return []


def _tells(part: str) -> bool:
    if part.isdigit():
        return len(part) >= _DIGITS
    return len(part) >= _LEAST and part not in _PLAIN


def _spellings(word: str) -> set[str]:
    """A word as it is, without accents, and with the German two letters for one."""
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    two = word.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return {word, bare, two}
