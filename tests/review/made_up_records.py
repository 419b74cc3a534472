"""Records that nobody wrote, with truth: which are one publication, as databases would have it.

Duplicates differ as exports do: in letters, accents, abbreviations, pages, names, identifiers that
are missing, subtitles, titles cut off. What only looks alike is there too: parts, errata, replies,
protocols, abstracts of conferences, preprints, versions, series of one group.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace

import numpy as np

from mien.review.records.record import Record

METHODS = (
    "deep learning|convolutional neural network|transfer learning|facial phenotyping|machine "
    "learning|facial landmark analysis|automated facial recognition|three-dimensional facial "
    "imaging|random forest|video-based facial action unit analysis|generative adversarial network|"
    "support vector machine|facial expression analysis|attention network|ensemble classifier"
).split("|")
CONDITIONS = (
    "acromegaly|Cushing's syndrome|Down syndrome|Noonan syndrome|Parkinson's disease|facial palsy|"
    "stroke|depression|schizophrenia|autism spectrum disorder|Turner syndrome|22q11.2 deletion|"
    "fetal alcohol syndrome|coronary artery disease|Cornelia de Lange syndrome|pain in neonates|"
    "Williams-Beuren syndrome|hypothyroidism|anaemia|amyotrophic lateral sclerosis|dementia|"
    "bipolar disorder|β-thalassaemia|obstructive sleep apnoea|hypertension|Graves' ophthalmopathy|"
    "myasthenia gravis|tardive dyskinesia|cleft lip|congenital adrenal hyperplasia"
).split("|")
GROUPS = (
    "children|adults|older adults|men|women|Chinese patients|African patients|adolescents|infants|"
    "outpatients|a Korean cohort|patients in intensive care|twins|a paediatric population|siblings"
).split("|")
DESIGNS = (
    "a diagnostic accuracy study|a retrospective cohort study|a multicentre study|a pilot study|"
    "a cross-sectional study|a prospective validation|a case-control study|a randomised trial|"
    "a systematic review|development and external validation|a proof of concept|a registry study"
).split("|")
VERBS = (
    "detection of|diagnosis of|screening for|prediction of|grading of|severity assessment of|"
    "differentiation of|recognition of|monitoring of|early identification of|prognosis of"
).split("|")
SURNAMES = (
    "Müller|Su|Liang|García-López|O'Connor|van der Berg|Šegalo|Kim|Nguyen|Smith|Johnson|Wang|Zhang|"
    "Li|Chen|Fernández|Rossi|Schmidt|Dubois|Kowalski|Yılmaz|Andersson|Tanaka|Sato|Park|Singh|Patel|"
    "Jørgensen|Novák|Silva|Costa|Ivanov|Popescu|Hernández|MacDonald|Brown|Taylor|Lefèvre|Horváth|"
    "Øverland|Hosseini|Cohen|Mensah|Okafor|Demir|Weiß|Bauer|Moreau|Ricci|Gruber|Hall|Young|Lopez"
).split("|")
GIVEN = (
    "Anna Maria|Zhaohui|Bin|Feng|Jonathan|Sabina|Jing|Peng|Xiaoning|John A|Mary|David|Jürgen|Elena|"
    "Pierre|Hiroshi|Min-Jun|Thanh|Priya|Raj|Lars|Ingrid|Paolo|Giulia|José|Ana|Omar|Fatima|Ivan"
).split("|")
JOURNALS = (
    ("BMJ Open", "BMJ Open"),
    ("Journal of Clinical Endocrinology and Metabolism", "J Clin Endocrinol Metab"),
    ("American Journal of Medical Genetics Part A", "Am J Med Genet A"),
    ("Journal of Medical Internet Research", "J Med Internet Res"),
    ("IEEE Transactions on Medical Imaging", "IEEE Trans. Med. Imaging"),
    ("PLoS ONE", "PLoS One"),
    ("The Lancet Digital Health", "Lancet Digit Health"),
    ("Proceedings of the National Academy of Sciences of the United States of America", "PNAS"),
    ("Journal of the American Medical Association", "JAMA"),
    (
        "European Archives of Psychiatry and Clinical Neuroscience",
        "Eur Arch Psychiatry Clin Neurosci",
    ),
    ("Scientific Reports", "Sci Rep"),
    ("npj Digital Medicine", "NPJ Digit Med"),
    ("Movement Disorders", "Mov. Disord."),
    ("Artificial Intelligence in Medicine", "Artif Intell Med"),
    ("Computers in Biology and Medicine", "Comput Biol Med"),
    ("Frontiers in Neurology", "Front Neurol"),
    ("Psychiatry Research", "Psychiatry Res"),
    ("Nature Medicine", "Nat Med"),
)
SHORT_TITLES = ("Editorial", "Depression", "Facial palsy", "Introduction", "In this issue")
WORDS = (
    "we patients images network trained accuracy sensitivity specificity area under curve group "
    "control significantly results cohort clinical features facial landmarks dataset validation "
    "external compared experts human reading symptoms score disease model performance limited "
    "syndrome early diagnosis method proposed automatic evaluation years mean age included"
).split()


@dataclass(frozen=True)
class Labelled:
    """Records with truth."""

    records: list[Record]
    """In the order of several exports."""
    works: list[int]
    """Which publication each is."""

    def rates(self, groups: tuple[tuple[int, ...], ...]) -> tuple[float, float, list, list]:
        """Sensitivity and specificity over records, as deduplication is judged, and what failed.

        A record is a duplicate if it is not the first of its publication. It is found if it is
        grouped with another of its publication; what is grouped with others only is false.
        """
        group = {k: members for members in groups for k in members}
        seen: set[int] = set()
        hits, wrong, misses, false, singles = 0, 0, [], [], 0
        for k, work in enumerate(self.works):
            members = group.get(k, (k,))
            if work in seen:
                if any(self.works[m] == work for m in members if m < k):
                    hits += 1
                else:
                    misses.append(k)
            else:
                singles += 1
                before = [m for m in members if m < k]
                if before:
                    wrong += 1
                    false.append((before[0], k))
            seen.add(work)
        duplicates = hits + len(misses)
        return hits / max(duplicates, 1), 1 - wrong / max(singles, 1), misses, false


class Maker:
    """Makes publications, what databases write about them, and what looks like them."""

    def __init__(self, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)

    def one(self, options: tuple | list):
        return options[int(self._rng.integers(len(options)))]

    def chance(self, of: float) -> bool:
        return bool(self._rng.random() < of)

    def number(self, low: int, high: int) -> int:
        return int(self._rng.integers(low, high))

    def work(self) -> Record:
        """A publication as its publisher has it."""
        if self.chance(0.02):
            title = self.one(SHORT_TITLES)
        else:
            begin = self.one(METHODS)
            title = (
                f"{begin[0].upper()}{begin[1:]} for the {self.one(VERBS)} {self.one(CONDITIONS)}"
            )
            if self.chance(0.6):
                title += f" in {self.one(GROUPS)}"
            if self.chance(0.6):
                title += f": {self.one(DESIGNS)}"
        authors = tuple(
            f"{self.one(SURNAMES)}, {self.one(GIVEN)}" for _ in range(self.number(1, 9))
        )
        year = self.number(1998, 2024)
        volume, page = self.number(1, 300), self.number(2, 9000)
        electronic = self.chance(0.25)
        text = " ".join(self._rng.choice(WORDS, self.number(60, 140)))
        return Record(
            title=title,
            abstract=f"{text.capitalize()}." if self.chance(0.85) else "",
            authors=tuple(dict.fromkeys(authors)),
            year=year,
            doi=self.doi() if year > 2002 or self.chance(0.4) else "",
            journal=self.one(JOURNALS)[0],
            volume=str(volume),
            issue=str(self.number(1, 13)),
            pages=f"e{page}" if electronic else f"{page}-{page + self.number(1, 20)}",
            language="English",
            kind="Journal Article",
            pmid=str(self.number(10_000_000, 39_000_000)) if self.chance(0.7) else "",
        )

    def doi(self) -> str:
        return f"10.{self.number(1000, 9999)}/j.{self.number(10**6, 10**8)}.{self.number(1, 999)}"

    def seen_by(self, work: Record, database: str) -> Record:
        """A publication as a database or tool writes it."""
        title, pages, journal = work.title, work.pages, work.journal
        rng = self._rng
        abbreviated = dict(JOURNALS)[journal] if journal in dict(JOURNALS) else journal
        roll = rng.random(20)
        if roll[0] < 0.25:
            title += "."
        if roll[1] < 0.08:
            title = title.upper()
        if roll[2] < 0.08:
            title = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
        if roll[3] < 0.06:
            title = title.replace("β", "beta").replace("ae", "e").replace("isation", "ization")
        if roll[4] < 0.06:
            title = title.replace("-", " ")
        if roll[5] < 0.06 and ": " in title:
            title = title.split(": ")[0]  # subtitle left out
        elif roll[5] < 0.12:
            title = title.replace(": ", " - ").replace(" and ", " & ")
        if roll[6] < 0.03 and len(title) > 60:
            title = title[: self.number(45, len(title) - 5)].rstrip()  # cut off
        if roll[7] < 0.04 and len(title) > 30:
            k = self.number(8, len(title) - 8)
            title = title[:k] + title[k + 1] + title[k] + title[k + 2 :]  # letters swapped
        if roll[8] < 0.03:
            title = title.replace("syndrome", "<i>syndrome</i>").replace("'", "’")
        if roll[9] < 0.02:
            title = f"RETRACTED: {title}"
        if roll[10] < 0.5:
            journal = abbreviated
        elif roll[10] < 0.6:
            journal = journal.upper()
        if "-" in pages and roll[11] < 0.4:
            first, last = pages.split("-")
            same = next((k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
            pages = first if roll[11] < 0.15 else f"{first}-{last[same:]}"
        elif roll[11] > 0.85:
            pages = ""
        if pages.startswith("e") and roll[12] < 0.3:
            pages = pages[1:]
        year = work.year
        ahead = roll[13] < 0.06  # before it had a volume
        if ahead:
            year = (year or 0) - int(roll[14] < 0.5)
            pages = ""
        return replace(
            work,
            title=title,
            authors=self._names(work.authors, database),
            abstract=self._abstract(work.abstract, database),
            year=None if roll[15] < 0.02 else year,
            doi="" if roll[16] < 0.35 else work.doi.upper() if roll[16] < 0.4 else work.doi,
            journal="" if roll[17] < 0.03 else journal,
            volume="" if ahead or roll[18] < 0.05 else work.volume,
            issue="" if ahead or roll[18] < 0.2 else work.issue,
            pages=pages,
            pmid=work.pmid if database in ("PubMed", "Embase") and roll[19] < 0.8 else "",
            source=database,
        )

    def _names(self, names: tuple[str, ...], database: str) -> tuple[str, ...]:
        made = []
        for name in names:
            family, given = name.split(", ")
            initials = "".join(part[0] for part in given.replace("-", " ").split())
            made.append(
                {
                    "PubMed": f"{family}, {given}",
                    "Embase": f"{family} {'.'.join(initials)}.",
                    "Scopus": f"{family} {'.'.join(initials)}.",
                    "Web of Science": f"{family}, {initials}",
                    "Google Scholar": f"{given} {family}",
                    "CINAHL": f"{family}, {given.split()[0]}",
                }[database]
            )
        if database == "Web of Science":
            made = [
                unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
                for name in made
            ]
        if database == "Google Scholar" and len(made) > 3:
            made = made[:3]
        return tuple(made)

    def _abstract(self, text: str, database: str) -> str:
        if database == "Google Scholar" or self.chance(0.1):
            return ""
        if database == "Embase":
            return f"Background: {text}" if self.chance(0.3) else text
        return f"{text} © 2020 The Authors." if self.chance(0.3) else text

    def looks_like(self, work: Record) -> Record:
        """Another publication that looks like one."""
        new = self.work()
        near = replace(work, doi=new.doi, pmid=new.pmid, pages=new.pages)
        kind = self.number(0, 12)
        if kind == 0:
            return replace(near, title=f"Erratum: {work.title}", abstract="", kind="Erratum")
        if kind == 1:
            return replace(near, title=f"{work.title}: reply", abstract="", authors=new.authors)
        if kind == 2:  # of a conference
            return replace(
                near,
                journal="European Congress of Endocrinology",
                volume="",
                abstract=new.abstract,
                year=(work.year or 0) - self.number(0, 2),
                doi="" if self.chance(0.6) else near.doi,
            )
        if kind == 3:  # preprint
            return replace(
                near,
                journal="medRxiv",
                volume="",
                issue="",
                pages="",
                pmid="",
                year=(work.year or 0) - self.number(0, 2),
            )
        if kind == 4:
            return replace(
                near,
                title=f"{work.title}: study protocol",
                abstract=new.abstract,
                year=(work.year or 0) - 2,
                volume=new.volume,
            )
        if kind == 5:
            return replace(near, title=f"{work.title}. Part II", abstract=new.abstract)
        if kind == 6:  # the same group, another disease
            for condition in CONDITIONS:
                if condition in work.title:
                    other = self.one([c for c in CONDITIONS if c != condition])
                    return replace(
                        near, title=work.title.replace(condition, other), abstract=new.abstract
                    )
        if kind == 7:  # abstracts of one supplement
            return replace(
                near,
                title=new.title,
                doi=work.doi if self.chance(0.5) else near.doi,
                authors=new.authors,
                abstract=new.abstract,
            )
        if kind == 8:
            for group in GROUPS:
                if f" in {group}" in work.title:
                    other = self.one([g for g in GROUPS if g != group])
                    return replace(
                        near,
                        title=work.title.replace(f" in {group}", f" in {other}"),
                        abstract=new.abstract,
                    )
        if kind == 9:  # the same title by others
            return replace(new, title=work.title)
        if kind == 10:
            return replace(
                near,
                title=work.title,
                year=(work.year or 0) + 4,
                journal=new.journal,
                volume=new.volume,
                abstract=new.abstract,
            )
        return replace(new, authors=work.authors, year=work.year, journal=work.journal)


DATABASES = ("PubMed", "Embase", "Scopus", "Web of Science", "Google Scholar", "CINAHL")


def made_up(works: int, seed: int = 0, similar: float = 0.25) -> Labelled:
    """Records of so many publications, and of some that look like them, in several databases."""
    maker = Maker(seed)
    found: list[tuple[str, int, Record]] = []
    number = 0
    for _ in range(works):
        work = maker.work()
        several = [work, maker.looks_like(work)] if maker.chance(similar) else [work]
        for one in several:
            count = min(1 + int(maker._rng.geometric(0.55)) - 1, len(DATABASES) - 1) + maker.number(
                0, 2
            )
            for database in maker._rng.permutation(DATABASES)[: max(count, 1)]:
                found.append((str(database), number, maker.seen_by(one, str(database))))
            number += 1
    found.sort(key=lambda item: DATABASES.index(item[0]))
    return Labelled([record for *_, record in found], [work for _, work, _ in found])
