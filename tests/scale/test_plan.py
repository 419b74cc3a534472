"""Plans: tables of clips."""

from __future__ import annotations

import pytest

from mien.errors import FormatError
from mien.pipeline.settings import Settings
from mien.scale.plan import read_plan


def plan(folder, text, name="plan.csv"):
    path = folder / name
    path.write_text(text)
    return path


def test_rows(tmp_path):
    rows = read_plan(
        plan(
            tmp_path,
            "path;subject;pseudonym;profile;settings\n"
            'a.mp4;Anna;P1;palsy;"{""engine"": ""mask"", ""crf"": 20}"\n'
            "/b.mp4;;;;\n"
            'c.mp4;Anna;;;"engine=blur; people=main"\n',
        )
    )
    assert [row.name for row in rows] == ["P1", "clip-000002", "clip-000003"]
    assert rows[0].path == tmp_path / "a.mp4" and str(rows[1].path) == "/b.mp4"
    assert (rows[0].subject, rows[1].subject, rows[0].profile) == ("Anna", None, "palsy")
    assert rows[0].settings(Settings()).crf == 20 and rows[0].settings(Settings()).engine == "mask"
    assert rows[2].settings(Settings()).selection.people == "main"


def test_parquet_says_the_same(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pa.table(
        {"path": ["a.mp4", "b.mp4"], "subject": ["x", None], "pseudonym": ["P1", "P2"]}
    )
    parquet.write_table(table, tmp_path / "plan.parquet")
    text = "path,subject,pseudonym\na.mp4,x,P1\nb.mp4,,P2\n"
    assert read_plan(tmp_path / "plan.parquet") == read_plan(plan(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column path"),
        ("path\n", "no rows"),
        ("file\na.mp4\n", "'file', which is unknown"),
        ("path,pseudonym\na.mp4,P\nb.mp4,p\n", "Rows 1 and 2"),
        ("path,pseudonym\na.mp4,../P\n", "Row 1 .* pseudonym"),
        ("path,pseudonym\na.mp4,<b>\n", "Row 1 .* pseudonym"),
        ("path,subject\n,x\n", "Row 1 .* no path"),
        ("path,settings\na.mp4,engin=mask\n", "'engin', which is unknown"),
        ("path,settings\na.mp4,crf=much\n", "give a number"),
        ("path,subject\na.mp4\n", "Row 1 .* cells"),
        ('path\n"a.mp4\n', "no CSV"),
    ],
)
def test_tables_that_are_no_plan(tmp_path, text, words):
    with pytest.raises(FormatError, match=words):
        read_plan(plan(tmp_path, text))


def test_settings_out_of_range(tmp_path):
    (row,) = read_plan(plan(tmp_path, "path,settings\na.mp4,crf=99\n"))
    with pytest.raises(FormatError, match="Row 1 of the plan: crf"):
        row.settings(Settings())


def test_files_that_are_no_table(tmp_path):
    (tmp_path / "plan.csv").write_bytes(b"path\n\xff\xfe.mp4\n")
    (tmp_path / "plan.parquet").write_bytes(b"PAR1 not")
    for name in ("plan.csv", "plan.parquet", "none.csv"):
        with pytest.raises(FormatError):
            read_plan(tmp_path / name)
