"""The tables of an encounter, ready to be printed."""

from __future__ import annotations

from typing import Any

from mien.emotion.classifier import EXPRESSIONS
from mien.encounter.observation import ROLES
from mien.encounter.result import Encounter
from mien.report.numbers import number
from mien.report.sections import Section, Table

_NONE = "–"


def sections(encounter: Encounter) -> list[Section]:
    """What was counted, in words and figures."""
    found = encounter.tables
    return [
        _counts(found),
        _comparison(found),
        _durations(found),
        _transitions(found),
        _synchrony(found),
        _latency(found),
        _speech(encounter),
    ]


def _counts(found: dict[str, Any]) -> Section:
    header = ("face resembling", "doctor, s", "doctor, share", "patient, s", "patient, share")
    rows = [
        (
            name,
            *(
                cell
                for role in ROLES
                for cell in (
                    f"{found['counts'][role]['expressions'][name]['seconds']:g}",
                    _percent(found["counts"][role]["expressions"][name]["share"]),
                )
            ),
        )
        for name in EXPRESSIONS
    ]
    assessed = [found["counts"][role]["assessed_s"] for role in ROLES]
    rows.append(("assessed in all", f"{assessed[0]:g}", "", f"{assessed[1]:g}", ""))
    reasons = sorted({why for role in ROLES for why in found["counts"][role]["missing_s"]})
    missing = tuple(
        (why, *(f"{found['counts'][role]['missing_s'].get(why, 0.0):g}" for role in ROLES))
        for why in reasons
    )
    tables = [Table("Seconds in which a face resembled each expression", header, tuple(rows))]
    if missing:
        tables.append(
            Table("Not assessed, by reason", ("reason", "doctor, s", "patient, s"), missing)
        )
    return Section(
        "counts",
        "How often",
        "For how long each face resembled which expression, and for how long nothing can be said.",
        tuple(tables),
        ("shares",),
        ("Shares are of the assessed time. What is missing may differ from what was seen.",),
    )


def _comparison(found: dict[str, Any]) -> Section:
    tables, notes = [], []
    for unit in ("seconds", "episodes"):
        entry = found["comparison"][unit]
        rows = []
        for k, name in enumerate(entry["expressions"]):
            residual = entry["residuals"]["doctor"][k]
            rows.append(
                (name, str(entry["doctor"][k]), str(entry["patient"][k]), _signed(residual))
            )
        if entry["chi2"] is None:
            words = "no test"
        else:
            p = entry["p"]
            p_words = "p < .001" if p < 0.001 else f"p = {p:.3f}"
            words = (
                f"χ²({entry['degrees']}) = {entry['chi2']:.2f}, {p_words}, "
                f"Cramér's V = {entry['cramers_v']:.2f}"
            )
        tables.append(
            Table(
                f"Counted in {unit}: {words}",
                ("face resembling", "doctor", "patient", "residual (doctor)"),
                tuple(rows),
            )
        )
        if entry["caution"]:
            notes.append(f"Counted in {unit}: {entry['caution']}.")
    return Section(
        "comparison",
        "Doctor and patient compared",
        "Whether the two faces were spread differently over the expressions: Pearson's "
        "chi-squared (the published study names no test), and the size of the difference "
        "(Cramér's V, 0 to 1).",
        tuple(tables),
        (),
        (
            *notes,
            "A residual beyond about 2 or −2 marks an expression that one of the two showed more "
            "or less than chance would have it.",
            "An episode is a run of seconds of one expression; episodes are nearer to being "
            "independent than seconds, so their p is the one to quote.",
        ),
        "Cramér, Mathematical Methods of Statistics, Princeton University Press 1946; Haberman, "
        "The Analysis of Residuals in Cross-Classified Tables, Biometrics 29, 1973",
    )


def _durations(found: dict[str, Any]) -> Section:
    rows = tuple(
        (
            f"{role}: {name}",
            str(entry["episodes"]),
            number(entry["mean_s"], 1),
            number(entry["median_s"], 1),
            number(entry["longest_s"], 1),
        )
        for role in ROLES
        for name, entry in found["durations"][role].items()
    )
    header = ("face resembling", "episodes", "mean, s", "median, s", "longest, s")
    return Section(
        "durations",
        "How long at a time",
        "An episode is a run of steps of one expression. A step that was not assessed ends it.",
        (Table("Episodes", header, rows),) if rows else (),
    )


def _transitions(found: dict[str, Any]) -> Section:
    rows = []
    for role in ROLES:
        matrix = found["transitions"][role]
        rows += [
            (role, EXPRESSIONS[a], EXPRESSIONS[b], matrix[a][b])
            for a in range(len(EXPRESSIONS))
            for b in range(len(EXPRESSIONS))
            if a != b and matrix[a][b]
        ]
    rows.sort(key=lambda row: (ROLES.index(row[0]), -row[3]))
    table = Table(
        "Changes from one step to the next",
        ("face", "from", "to", "times"),
        tuple((role, a, b, str(times)) for role, a, b, times in rows),
    )
    return Section(
        "transitions",
        "What followed what",
        "How often one expression was followed by another in the next step.",
        (table,) if rows else (),
        ("transitions",),
    )


def _synchrony(found: dict[str, Any]) -> Section:
    rows = tuple(
        (
            entry["signal"],
            number(entry["peak"], 2),
            _NONE if entry["lag_s"] is None else f"{entry['lag_s']:+.1f}",
            number(entry["p"], 3),
            number(entry["p_holm"], 3),
            f"{entry['windows']} / {entry['surrogates']}",
        )
        for entry in found["synchrony"]
    )
    header = ("signal", "correlation", "lag, s", "p", "p, corrected", "windows / shifts")
    return Section(
        "synchrony",
        "Whether the faces moved together",
        "The largest mean correlation within five seconds of lag; with a positive lag the patient "
        "follows the doctor.",
        (Table("Windowed cross-correlation", header, rows),),
        ("synchrony",),
        (
            "p is how often the same signals, one of them moved along the encounter, go together "
            "as much. Two faces may also move together because both people speak in turns.",
        ),
        "Boker et al., Windowed Cross-Correlation and Peak Picking, Psychological Methods 7, 2002; "
        "Moulder et al., Determining Synchrony, Psychological Methods 23, 2018",
    )


def _latency(found: dict[str, Any]) -> Section:
    entry = found["latency"]
    share = entry["share"]
    words = [
        ("onsets of a negative expression of the patient's face", str(entry["onsets"])),
        ("of these, with the doctor's face in view", str(entry["events"])),
        (
            f"after which the doctor's face changed within {entry['within_s']:g} s",
            f"{entry['answered']}" + ("" if share is None else f" ({_percent(share)})"),
        ),
        (
            "95 % interval of that share",
            _NONE
            if entry["interval"] is None
            else f"{_percent(entry['interval'][0])} to {_percent(entry['interval'][1])}",
        ),
        ("after any moment of the encounter (chance)", _percent(entry["by_chance"])),
        ("probability of as many by chance, p", number(entry["p"], 3)),
        (
            "median time until the change, s",
            _NONE if entry["median_s"] is None else number(entry["median_s"], 1),
        ),
    ]
    tables = [Table("In all", ("", "figure"), tuple(words))]
    if entry["answers"]:
        tables.append(
            Table(
                "Each onset",
                ("at, s", "patient's face", "doctor's face before", "after", "seconds until"),
                tuple(
                    (
                        f"{a['onset']:.1f}",
                        a["expression"],
                        a["before"] or _NONE,
                        a["after"] or _NONE,
                        "could not be followed"
                        if not a["assessable"]
                        else ("no change" if a["seconds"] is None else f"{a['seconds']:.1f}"),
                    )
                    for a in entry["answers"]
                ),
            )
        )
    notes = [f"{entry['caution'][0].upper()}{entry['caution'][1:]}."] if entry["caution"] else []
    return Section(
        "latency",
        "How soon the doctor's face answered",
        "How long after the onset of a negative expression of the patient's face the doctor's "
        "face changed.",
        tuple(tables),
        (),
        (
            *notes,
            "A change says that something happened in the face, not why. A calm face may be an "
            "answer too.",
        ),
    )


def _speech(encounter: Encounter) -> Section:
    found = encounter.tables
    rows = [
        ("mouth moves while there is sound", *(_percent(found["speaking"][r]) for r in ROLES)),
        ("turned to the other person", *(_percent(found["towards_other"][r]) for r in ROLES)),
    ]
    return Section(
        "speech",
        "Speaking and turning to each other",
        "Share of the steps in which it could be told.",
        (Table("", ("", "doctor", "patient"), tuple(rows)),),
        (),
        ("Who chews or smiles while the other one speaks may count as speaking.",),
    )


def _percent(share: float | None) -> str:
    return "not measurable" if share is None else f"{100 * share:.1f} %"


def _signed(value: float | None) -> str:
    return _NONE if value is None else f"{value:+.1f}".replace("-", "−")
