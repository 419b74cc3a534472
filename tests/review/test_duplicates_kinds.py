"""Pairs of the kinds that labelled sets of databases hold, one of each, made up anew."""

from __future__ import annotations

import pytest

from mien.review.duplicates.finding import find_duplicates
from mien.review.records.record import Record

FOUR = ("Abendroth, Bruno", "Perini, Paolo", "Gupta, Alok", "Kuhn, Karen S.")
TRUST = "Reputation offsets judgments of trust in online rental markets of rooms"
CHAT = "Cultural universality versus particularity in chat"
STEATOSIS = "Alcohol and HBV synergistically promote hepatic steatosis"


def record(title, authors, year, place=(), **more) -> Record:
    """A record; `place` is journal, volume, issue and pages as far as they are known."""
    names = ("journal", "volume", "issue", "pages")
    known = dict(zip(names, place, strict=False))
    return Record(title=title, authors=tuple(authors), year=year, **known, **more)


ONE = {
    "one has neither journal nor DOI": (
        record(TRUST, FOUR, 2017, ("Proc Natl Acad Sci", "114", "37", "9848-53"), doi="10.1073/1"),
        record(TRUST, ["B. Abendroth", "P. Perini", "A. Gupta", "K. S. Kuhn"], 2017),
    ),
    "only one has a DOI, none a journal": (
        record(CHAT, ["Stein, Bernd Carsten", "Elbel, Ibrahim"], 2004),
        record(CHAT, ["Stein, Bernd Carsten", "Elbel, Ibrahim"], 2004, doi="10.1080/1"),
    ),
    "capitals, and authors without anything between them": (
        record(STEATOSIS, FOUR, 2019, ("Annals of Hepatology", "18", "6", "913-917")),
        record(
            STEATOSIS.upper(),
            ["Abendroth B.Perini P.Gupta A.Kuhn K. S."],
            2019,
            ("Ann Hepatol", "18", "6", "913-7"),
        ),
    ),
    "before an issue was out": (
        record("Assessment of faces", ["Wu, Y"], 2014, ("Dermatol Surg",), doi="10.1/q"),
        record("Assessment of faces", ["Wu, Y"], 2016, ("Dermatol Surg", "42"), doi="10.1/q"),
    ),
    "Greek letters, dashes, short pages": (
        record("TNF-α blockade – a 5‐year follow‐up of spines", ["Braun, J"], 2008,
               ("Ann Rheum Dis", "67", "3", "340-345")),
        record("TNF-alpha blockade - a 5-year follow-up of spines", ["Braun J"], 2008,
               ("Annals of the Rheumatic Diseases", "67", "", "340-5")),
    ),
    "markup in a title": (
        record("Role of <i>APOE</i> ε4 in H<sub>2</sub>O<sub>2</sub> stress", ["Li, X"], 2012,
               ("Brain", "135", "", "10-20")),
        record("Role of APOE epsilon 4 in H2O2 stress", ["Li X"], 2012,
               ("Brain", "135", "1", "10-20")),
    ),
    "a translated title in brackets": (
        record("[Treatment of facial palsy in children].", ["Müller, H"], 2001,
               ("HNO", "49", "4", "250-5")),
        record("Treatment of facial palsy in children", ["Mueller H"], 2001,
               ("HNO", "49", "4", "250-255")),
    ),
    "no authors": (
        record("Detection of acromegaly from photographs by a network", [], 2018,
               ("EBioMedicine", "27", "", "94-102")),
        record("Detection of acromegaly from photographs by a network", ["Kong, X"], 2018,
               ("EBioMedicine", "27", "", "94-102")),
    ),
    "given names first": (
        record("Speech and face in early Parkinson disease", ["Jan Rusz", "Roman Mejla"], 2011,
               ("J Acoust Soc Am", "129", "1", "350-67")),
        record("Speech and face in early Parkinson disease", ["Rusz, Jan", "Mejla, Roman"], 2011,
               ("The Journal of the Acoustical Society of America", "129", "", "350-367")),
    ),
    "two slips of the pen": (
        record("Quantitative assessment of facial movement after toxin", ["Wu, Y"], 2014,
               ("Dermatol Surg", "40", "", "1-9")),
        record("Quantitative assesment of facial movment after toxin", ["Wu, Y"], 2014,
               ("Dermatol Surg", "40", "", "1-9")),
    ),
}  # fmt: skip
TWO = {
    "a journal and a workshop": (
        record("Learnt scheduling for platforms of work", ["Smith, J"], 2020, ("J Digit Stud",)),
        record("Learnt scheduling for platforms of work", ["Smith, J"], 2020, ("Workshop 4",)),
    ),
    "a DOI that was copied to another paper": (
        record("Privacy studied in organizations at many sites", ["Attler, V"], 2018,
               ("Comm Assoc Inf Syst", "42"), doi="10.17/204"),
        record("Misunderstood: an analysis of misperceptions", ["Annen, H"], 2019,
               ("Comm Assoc Inf Syst", "44"), doi="10.17/204"),
    ),
    "a journal's own page with half a DOI": (
        record("The after times: learning at a distance", ["Clary, G"], 2022,
               ("Communications of the Association", "50"), doi="10.17/1CAIS.05003"),
        record("Communications of the Association", ["Unknown"], None, doi="10.17/1CAIS."),
    ),
    "a conference the year before, by one of the authors": (
        record(CHAT, ["Stein, Bernd Carsten", "Elbel, Ibrahim"], 2004, doi="10.1080/1"),
        record(CHAT, ["Stein, Bernd-Carsten"], 2003, ("Americas Conference on Systems",)),
    ),
    "reported again a year later, with a subtitle": (
        record("The impact of load on responses to alerts: human errors", ["Vaish, L"], 2025,
               ("Americas Conference",)),
        record("The impact of load on responses to alerts", ["Vaish, L"], 2024,
               ("Americas Conference",)),
    ),
    "a letter of the same title": (
        record("Facial palsy after vaccination", ["Ng, A"], 2010, ("Lancet", "375", "", "1000")),
        record("Facial palsy after vaccination", ["Brown, C"], 2010, ("Lancet", "376", "", "55")),
    ),
    "parts": (
        record("Mechanisms of facial growth. Part I: bone", ["Ito, K"], 1999,
               ("Angle Orthod", "69", "1", "10-18")),
        record("Mechanisms of facial growth. Part II: muscle", ["Ito, K"], 1999,
               ("Angle Orthod", "69", "2", "110-118")),
    ),
    "an abstract and its article": (
        record("Deep faces of acromegaly", ["Kong, X"], 2017, ("Endocr Abstr", "49", "", "P12")),
        record("Deep faces of acromegaly", ["Kong, X"], 2018,
               ("EBioMedicine", "27", "", "94-102")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ONE)
def test_one_publication_is_merged(kind):
    assert find_duplicates(ONE[kind]).groups == ((0, 1),)


@pytest.mark.parametrize("kind", TWO)
def test_two_publications_are_not(kind):
    assert find_duplicates(TWO[kind]).groups == ()
