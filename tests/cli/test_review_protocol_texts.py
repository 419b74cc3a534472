"""`mien review protocol --language de`: PRISMA-P in German, PROSPERO in English."""

from __future__ import annotations

import re

NAMES = re.compile(
    r"PROSPERO .*|(?:deep learning|facial image analysis): .*|PubMed: .*"
    r"|PubMed, PsycINFO, CINAHL, IEEE Xplore, Scopus"
)


def test_a_protocol_is_german_but_for_prospero(mien, tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(mien("review", "protocol", "--example").stdout)
    assert mien("review", "protocol", path, "-o", tmp_path / "en").exit_code == 0
    run = mien("review", "protocol", path, "-o", tmp_path / "de", "--language", "de")
    assert run.exit_code == 0 and "prospero.txt is English" in run.stdout
    english, german = ((tmp_path / one / "prisma-p.md").read_text() for one in ("en", "de"))
    assert "Auswahl (2 Personen): Sichten" in german and "Felder: Ziel; Erkrankung;" in german
    assert "(noch zu schreiben: die Protokolldatei sagt es nicht)" in german
    kept = {one for one in english.splitlines() if len(one) > 9} & {*german.splitlines()}
    assert {one for one in kept if not NAMES.fullmatch(one)} == set()
    for name in ("prospero.txt", "protocol.toml"):
        assert (tmp_path / "de" / name).read_bytes() == (tmp_path / "en" / name).read_bytes()


def test_words_of_ones_own_stay(mien, tmp_path):
    path = tmp_path / "p.toml"
    written = mien("review", "protocol", "--example").stdout
    path.write_text(written.replace("Not medical", "Not of the mouth").replace("English.", "Any."))
    out = tmp_path / "out"
    assert mien("review", "protocol", path, "-o", out, "--language", "de").exit_code == 0
    text = (out / "prisma-p.md").read_text()
    assert "Language: Any." in text and "Kontext: Gesundheit" in text
    run = mien("review", "protocol", path, "-o", out, "--overwrite", "--language", "fr")
    assert run.exit_code == 2 and "choose en or de" in run.stderr
