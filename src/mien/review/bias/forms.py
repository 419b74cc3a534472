"""Forms to judge risk of bias with: Cochrane's seven domains, QUADAS-2, PROBAST and PROBAST+AI.

Each is a file in ``assets/review/bias``. Domains are those of the published tools; the questions
are worded by mien, so a published review should cite the tool and have its guidance at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from mien.errors import ParameterError
from mien.intake.words import parse_toml

FORMS = ("cochrane", "quadas2", "probast", "probast_ai")
ANSWERS = ("yes", "probably yes", "probably no", "no", "no information")
"""To a question; `yes` is always the good answer."""
OVERALL = "overall"


@dataclass(frozen=True)
class Domain:
    """One way in which a study can be bent."""

    key: str
    """Its name in files."""
    title: str
    """Its name for people."""
    questions: dict[str, str]
    """By key, in words; `yes` means no reason for worry."""
    applicability: str = ""
    """Question whether the study fits the review; empty where the tool asks none."""


@dataclass(frozen=True)
class Form:
    """A tool."""

    key: str
    """Its name in files."""
    title: str
    """Its name for people."""
    short: str
    """A short one."""
    source: str
    """Where it was published."""
    levels: tuple[str, ...]
    """What a domain can be judged, from the best."""
    domains: tuple[Domain, ...]
    """In the order of the tool."""

    def domain(self, key: str) -> Domain:
        """A domain by its key or its title; raises `ParameterError` if there is none."""
        for one in self.domains:
            if key.strip().lower() in (one.key, one.title.lower()):
                return one
        known = ", ".join(one.key for one in self.domains)
        raise ParameterError(f"{self.short} has no domain {key!r}: its domains are {known}.")


def form(key: str) -> Form:
    """A form by its key; raises `ParameterError` if there is none."""
    if key not in FORMS:
        raise ParameterError(f"The tool {key!r} is not known: choose one of {', '.join(FORMS)}.")
    place = files("mien") / "assets" / "review" / "bias" / f"{key}.toml"
    content = parse_toml(place.read_text("utf-8"), f"{key}.toml")
    domains = tuple(
        Domain(one["key"], one["title"], dict(one["questions"]), one.get("applicability", ""))
        for one in content["domains"]
    )
    return Form(
        key,
        content["title"],
        content["short"],
        content["source"],
        tuple(content["levels"]),
        domains,
    )
