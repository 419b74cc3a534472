"""Texts that a protocol becomes: for a registry (PROSPERO) and for a paper (PRISMA-P).

The items are those of PRISMA-P 2015 (Shamseer et al., BMJ 2015; 349:g7647) and the fields of the
PROSPERO form, worded by mien. What the protocol does not say is said to be missing.
"""

from __future__ import annotations

from collections.abc import Callable

from mien.review.bias.forms import form
from mien.review.protocol.protocol import Protocol
from mien.review.search.strings import known_strings

MISSING = "(to be written: the protocol file does not say)"


def prospero(protocol: Protocol) -> str:
    """Fields of a registration, as text to be pasted field by field."""
    search, plan = protocol.search, protocol.synthesis
    parts = [
        ("Review title", protocol.title),
        ("Anticipated start date", ""),
        ("Anticipated completion date", ""),
        ("Stage of review at this submission", ""),
        ("Named contact, with address and e-mail", ""),
        ("Organisational affiliation", ""),
        ("Review team members and their affiliations", ""),
        ("Funding sources", ""),
        ("Conflicts of interest", ""),
        ("Collaborators", ""),
        ("Review question", _joined([protocol.question, *protocol.objectives])),
        ("Searches", _search(protocol)),
        ("Search strategy", _draft(protocol)),
        ("Condition or domain being studied", _condition(protocol)),
        ("Participants or population", _criterion(protocol, "participants")),
        ("Intervention, exposure or index test", _criterion(protocol, "technique")),
        ("Comparator or reference standard", _field_title(protocol, "reference")),
        ("Types of study to be included", _criterion(protocol, "design")),
        ("Context", _criterion(protocol, "context")),
        ("Main outcomes", _criterion(protocol, "outcome")),
        ("Measures of effect", ", ".join(plan.measures)),
        ("Additional outcomes", _additional(protocol)),
        (
            "Data extraction: selection and coding",
            _joined([_roles(protocol), _extraction(protocol)]),
        ),
        ("Risk of bias assessment", _bias(protocol)),
        ("Strategy for data synthesis", _synthesis(protocol)),
        ("Analysis of subgroups", _subgroups(protocol)),
        ("Type and method of review", "Systematic review; meta-analysis; diagnostic; living."),
        ("Languages of included reports", ", ".join(search.languages)),
        ("Country", ""),
        ("Other registration details", protocol.registration),
        ("Published protocol", protocol.source),
        ("Dissemination plans", ""),
        ("Keywords", ", ".join(one.name for one in protocol.concepts)),
        ("Existing reviews of the same topic by the same authors", ""),
        ("Version", f"{protocol.version}, {protocol.date}".strip(", ")),
        ("Changes", amendments(protocol)),
    ]
    return "".join(f"{title}\n{words or MISSING}\n\n" for title, words in parts).rstrip() + "\n"


def prisma_p(protocol: Protocol, say: Callable[[str], str] = str) -> str:
    """The items of PRISMA-P, each with what the protocol says, in Markdown.

    Parameters
    ----------
    protocol : Protocol
    say : callable
        What becomes of each line, such as its sentences in another language.
    """
    included = [f"{one.title or one.key}: {one.words}" for one in protocol.include]
    excluded = [one.words for one in protocol.exclude]
    items = [
        ("1a", "Title: identification", protocol.title),
        ("1b", "Title: update", _updates(protocol)),
        ("2", "Registration", protocol.registration),
        ("3a", "Authors: contact", ""),
        ("3b", "Authors: contributions", _roles(protocol)),
        ("4", "Amendments", amendments(protocol)),
        ("5a", "Support: sources", ""),
        ("5b", "Support: sponsor", ""),
        ("5c", "Support: role of sponsor or funder", ""),
        ("6", "Rationale", protocol.rationale),
        ("7", "Objectives", _joined([protocol.question, *protocol.objectives])),
        ("8", "Eligibility criteria", _joined([*included, "Excluded:", *excluded])),
        ("9", "Information sources", _sources(protocol)),
        ("10", "Search strategy", _joined([*_asked(protocol), _draft(protocol)])),
        ("11a", "Data management", "Records, decisions and data are kept in one folder."),
        ("11b", "Selection process", _roles(protocol)),
        ("11c", "Data collection process", _extraction(protocol)),
        ("12", "Data items", "; ".join(one.title for one in protocol.form)),
        ("13", "Outcomes and prioritisation", ", ".join(protocol.synthesis.measures)),
        ("14", "Risk of bias in individual studies", _bias(protocol).replace("); ", ")\n")),
        ("15a", "Data synthesis: when studies are pooled", _when(protocol)),
        ("15b", "Data synthesis: methods", _POOLED),
        ("15c", "Data synthesis: further analyses", _subgroups(protocol)),
        ("15d", "Data synthesis: where nothing is pooled", _described(protocol)),
        ("16", "Meta-bias", "Asymmetry of the funnel by Deeks' test, where studies are pooled."),
        ("17", "Confidence in cumulative evidence", ""),
    ]  # fmt: skip
    lines = [f"# {say(protocol.title)}", ""]
    lines += [say(f"Protocol, version {protocol.version} ({protocol.date})."), ""]
    for number, title, words in items:
        lines += [f"## {number} {say(title)}", "", *map(say, (words or MISSING).splitlines()), ""]
    return "\n".join(lines).rstrip() + "\n"


def _joined(lines: list[str]) -> str:
    return "\n".join(line for line in lines if line)


def _criterion(protocol: Protocol, key: str) -> str:
    return next((one.words for one in protocol.include if one.key == key), "")


def _field_title(protocol: Protocol, key: str) -> str:
    found = next((one for one in protocol.form if one.key == key), None)
    return f"As reported by each study (extracted as “{found.title}”)." if found else ""


def _condition(protocol: Protocol) -> str:
    return _joined([f"{one.title}: {one.words}" for one in protocol.causes])


def _sources(protocol: Protocol) -> str:
    search = protocol.search
    return _joined(["Databases: " + ", ".join(search.databases) + ".", *search.also])


def _search(protocol: Protocol) -> str:
    return _joined([_sources(protocol), *_asked(protocol)])


def _asked(protocol: Protocol) -> list[str]:
    """Limits and concepts."""
    search = protocol.search
    limits = [
        f"from {search.since}" if search.since else "",
        f"until {search.until}" if search.until else "",
        *search.languages,
        *search.kinds,
    ]
    concepts = [
        f"{one.name}: headings {', '.join(one.headings) or '–'}; words {', '.join(one.terms)}"
        for one in protocol.concepts
    ]
    limit = ", ".join(filter(None, limits))
    return [f"Limits: {limit}." if limit else "", *concepts]


def _draft(protocol: Protocol) -> str:
    """The string of the first database, as it is to be pasted."""
    strings = known_strings(protocol) if protocol.concepts else []
    return f"{strings[0].database}: {strings[0].text}" if strings else ""


def _additional(protocol: Protocol) -> str:
    groups = protocol.synthesis.groups
    return f"Accuracy by {', '.join(groups)}." if groups else ""


def _roles(protocol: Protocol) -> str:
    return _joined(
        [
            f"{one.role} ({one.people} {'person' if one.people == 1 else 'people'}): {one.words}"
            for one in protocol.roles
        ]
    )


def _extraction(protocol: Protocol) -> str:
    who = next((one for one in protocol.roles if one.role == "extractor"), None)
    several = f"{who.people} people, independently" if who and who.people > 1 else "1 person"
    by = several if who else "at least one person"
    fields = "; ".join(one.title for one in protocol.form)
    return f"By {by}; each value with its quote and page. Fields: {fields}."


def _bias(protocol: Protocol) -> str:
    return "; ".join(f"{form(key).title} ({form(key).source})" for key in protocol.bias_tools)


_POOLED = (
    "Pooled are sensitivity and specificity together, by a bivariate binomial model with a summary "
    "ROC curve; differences between studies are told by their variances and a prediction region."
)


def _when(protocol: Protocol) -> str:
    plan = protocol.synthesis
    return _joined([plan.pool, f"At least {plan.fewest} studies are needed to pool."])


def _described(protocol: Protocol) -> str:
    fewest = protocol.synthesis.fewest
    return f"Fewer than {fewest} studies are not pooled but described (SWiM)."


def _synthesis(protocol: Protocol) -> str:
    return _joined([protocol.synthesis.pool, _described(protocol), _POOLED])


def _subgroups(protocol: Protocol) -> str:
    plan = protocol.synthesis
    parts = [
        f"By {', '.join(protocol.field(key).title.lower() for key in plan.moderators)}."
        if plan.moderators
        else "",
        f"Differences in accuracy by {', '.join(plan.groups)}." if plan.groups else "",
    ]
    return " ".join(filter(None, parts))


def amendments(protocol: Protocol) -> str:
    """What was changed after the first version, and why, a line each; "None." if nothing was."""
    if not protocol.amendments:
        return "None."
    return _joined(
        [
            f"Version {one.version} ({one.date}): {one.change} Because: {one.reason}"
            for one in protocol.amendments
        ]
    )


def _updates(protocol: Protocol) -> str:
    return "A living review: each update is a version of its own." if protocol.version else ""
