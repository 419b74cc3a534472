"""Tables of ratings as they come, and what is said of those that cannot be read."""

from __future__ import annotations

import json

import pytest

from mien.errors import FormatError
from mien.study.items import from_json, read_items, shipped, to_json
from mien.study.ratings import read_ratings

HEAD = "rater,clip,version,item,repeat,score\n"
PLAIN = HEAD + "A,c1,original,3.2,0,1\nA,c1,result,3.2,0,2\nA,c1,original,3.2,1,\n"


def written(tmp_path, content, encoding="utf-8"):
    path = tmp_path / "ratings.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encodings_and_separators(tmp_path, encoding, separator):
    content = PLAIN.replace("A,", "Jürgen,").replace(",", separator).replace("\n", "\r\n")
    found = read_ratings(written(tmp_path, content, encoding))
    assert [(a.rater, a.clip, a.version, a.repeat, a.score) for a in found.answers] == [
        ("Jürgen", "c1", "original", 0, 1.0),
        ("Jürgen", "c1", "result", 0, 2.0),
        ("Jürgen", "c1", "original", 1, None),
    ]
    assert list(found.items) == ["mds-updrs-3-2"] and not found.notes


def test_columns_in_any_order_and_case(tmp_path):
    content = "sep=;\n\nScore;Remark;ITEM;Version; Clip ;Rater\n2,5;x;smile;Result;c;A\n;;;;;\n"
    found = read_ratings(written(tmp_path, content))
    (one,) = found.answers
    assert (one.score, one.item, one.version, one.repeat) == (2.5, "smile", "result", 0)
    assert any("Remark" in note for note in found.notes)
    assert any("repeat" in note for note in found.notes)
    assert any("No item of mien is called smile" in note for note in found.notes)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("A,c2,after,3.2,0,1", "line 5: version is 'after': write original or result."),
        ("A,c1,result,3.2,0,1", "in line 3 already"),
        ("A,c1,Result,hypomimia,0,1", "in line 3 already"),
        ("A,c2,result,3.2,0,5", "line 5: the score '5' is not on the scale"),
        ("A,c2,result,3.2,0,1.5", "line 5: the score '1.5' is not on the scale"),
        ("A,c2,result,3.2,0,bad", "line 5: score is 'bad': write a whole number from 0 to 4"),
        ("A,c2,result,3.2,0,nan", "line 5: score is 'nan'"),
        ("A,c2,result,3.2,-1,1", "line 5: repeat is '-1'"),
        ("A\x1b[31m,c2,result,3.2,0,1", "line 5: rater is 'A\\x1b[31m': write it without control"),
        ('A,"c\n2",result,3.2,0,1', "line 6: clip is 'c\\n2': write it without control"),
        ("A,c2,result,own,0,1e15", "line 5: the score '1e15' is on no scale"),
        ("A,c2,result,own,0,-1e308", "line 5: the score '-1e308' is on no scale"),
        (",c2,result,3.2,0,1", "line 5: rater is empty"),
        ("A,c2,result,3.2,0,1,9", "line 5: there are 7 cells, but 6 columns"),
        ('A,"c2,result,3.2,0,1', "line 5: this is no table"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, said):
    with pytest.raises(FormatError) as caught:
        read_ratings(written(tmp_path, PLAIN + line + "\n"))
    assert said in str(caught.value) and str(caught.value).count(". ") == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        (HEAD, "no line but its header"),
        ("a,b\n1,2\n", "has no column rater"),
        (HEAD.replace("score", "clip"), "has no column score"),
        ("rater,clip,clip,version,item,score\nA,1,1,result,3.2,1\n", "column clip twice"),
        (b"\x00\x01\x02" * 50, "is no text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is no text"),
    ],
)
def test_what_is_no_such_table(tmp_path, content, said):
    with pytest.raises(FormatError, match=said):
        read_ratings(written(tmp_path, content))


def test_there_is_no_file(tmp_path):
    with pytest.raises(FormatError, match="cannot be read"):
        read_ratings(tmp_path / "none.csv")


def test_a_line_is_counted_with_those_in_quotes(tmp_path):
    content = HEAD.strip() + ',remark\nA,c2,result,3.2,0,1,"two\nlines"\nA,c3,nothing,3.2,0,1,\n'
    with pytest.raises(FormatError, match="line 4: version"):
        read_ratings(written(tmp_path, content))


def test_items_of_ones_own(tmp_path):
    path = tmp_path / "items.toml"
    path.write_text('[smile]\ntitle = "Smile"\n[smile.anchors]\n1 = "none"\n3 = "wide"\n')
    items = read_items(path)
    assert (items["smile"].lowest, items["smile"].highest) == (1.0, 3.0)
    table = HEAD + "A,c,result,smile,0,0\n"
    with pytest.raises(FormatError, match="line 2: the score '0' is not on the scale of Smile"):
        read_ratings(written(tmp_path, table), items)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no item"),
        ("x = 1", "is no table"),
        ("[a]\nlowest = 3\nhighest = 3", "lowest has to be below"),
        ("[a]\ncolour = 3", "'colour', which is not known"),
        ("[a.anchors]\nlow = 'x'", "a score that is no number"),
        ("[a]\nlowest = 0\nhighest = 2\n[a.anchors]\n3 = 'x'", "anchor for 3"),
        ("[a]\nhighest = 1e4", "over 200 steps"),
        ("[a]\nhighest = 1e300\nstep = 0", "goes beyond 10000"),
        ("[a", "is not a list of items"),
    ],
)
def test_wrong_items(tmp_path, content, said):
    path = tmp_path / "items.toml"
    path.write_text(content)
    with pytest.raises(FormatError, match=said):
        read_items(path)


def test_shipped_items_have_words_for_every_score():
    for item in shipped().values():
        if item.key != "sunnybrook":
            assert set(item.anchors) == set(item.scores.tolist()), item.key
        assert item.question and item.title


@pytest.mark.parametrize("missing", ["NA", "n/a", "not sure", ""])
def test_what_statistics_programs_write_for_nothing_is_not_sure(tmp_path, missing):
    found = read_ratings(written(tmp_path, f"{PLAIN}A,c2,result,3.2,0,{missing}\n"))
    assert found.answers[-1].score is None


def test_items_say_in_german_what_they_say_in_english():
    for item in shipped().values():
        german = item.translations["de"]
        assert german.title and german.question
        assert list(german.anchors) == list(item.anchors)
        assert from_json(json.loads(json.dumps(to_json(item)))).translations == item.translations
    old = to_json(shipped()["sunnybrook"])
    del old["translations"]
    assert from_json(old).translations == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[a.translations]\nde = 1", "translations that are no tables"),
        ("[a.translations.de]\nlowest = 1", "'lowest', which is not known"),
        ('[a.translations.de.anchors]\n9 = "x"', "an anchor for 9, which is not on its scale"),
        ('[a.translations.de.anchors]\nx = "x"', "a score that is no number"),
    ],
)
def test_translations_that_cannot_be_meant(tmp_path, content, said):
    (tmp_path / "items.toml").write_text(content)
    with pytest.raises(FormatError, match=said):
        read_items(tmp_path / "items.toml")
