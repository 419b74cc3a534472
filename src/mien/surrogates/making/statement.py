"""What a bank of one's own guarantees, for programs and in words."""

from __future__ import annotations

from datetime import date
from importlib.metadata import version
from typing import Any

import numpy as np

from mien.recognition import registry
from mien.surrogates.making.clusters import SAME_PERSON
from mien.surrogates.making.cohort import REASONS
from mien.surrogates.making.composite import EXAGGERATION

_REFERENCES = (
    "Newton, Sweeney, Malin: Preserving privacy by de-identifying face images. IEEE Transactions "
    "on Knowledge and Data Engineering 17(2), 2005.",
    "Gross, Sweeney, Cohn, de la Torre, Baker: Face de-identification. In: Protecting Privacy in "
    "Video Surveillance, Springer, 2009.",
    "Domingo-Ferrer, Mateo-Sanz: Practical data-oriented microaggregation for statistical "
    "disclosure control. IEEE Transactions on Knowledge and Data Engineering 14(1), 2002.",
)


def statement_of(
    k: int,
    count: int,
    left_out: dict[str, list[str]],
    merged: list[list[str]],
    clusters: list[np.ndarray],
    cards: list[dict[str, Any]],
) -> dict[str, Any]:
    """What the bank guarantees and what it does not; numbers only, nobody's file."""
    judge = registry.recogniser()
    sizes = sorted(int(card["k"]) for card in cards)
    return {
        "title": f"k-anonymity statement of a bank of surrogates, k = {k}",
        "k": k,
        "made": date.today().isoformat(),
        "mien": version("mien"),
        "recogniser": judge.name,
        "counts": {
            "files": count,
            "left_out": {why: len(names) for why, names in sorted(left_out.items())},
            "further_pictures_of_somebody": sum(len(names) - 1 for names in merged),
            "people_used": sum(len(cluster) for cluster in clusters),
            "composites": len(cards),
            "composites_withheld": len(clusters) - len(cards),
            "people_per_composite": [sizes[0], sizes[-1]],
        },
        "smallest_distance_to_the_cohort": min(c["distance"]["nearest_of_cohort"] for c in cards),
        "says": [
            f"Each composite was averaged from at least {k} people, and nobody is in two of these "
            "averages. What sets it apart from the mean of its apparent sex was then strengthened "
            f"{EXAGGERATION} times.",
            "Within a composite all of its people weigh the same, in shape and, where skin and not "
            "hair or collar was seen, in texture. By the look of a composite alone it can be "
            f"linked to one of its people with a probability of at most 1/{k} (k-Same).",
            f"The recogniser named above takes no composite for anybody in the cohort: every "
            f"distance is at least {judge.threshold}.",
        ],
        "does_not_say": [
            "That nobody knows the cohort: who is known to be in it is known to be in it. The "
            "statement is about which of the people of a composite is which.",
            "Anything about clips. A clip that gets one of these faces keeps the patient's motion, "
            "hair, ears, build, room and, unless muted, voice. For each clip mien chooses a "
            "composite by measuring and moves it away from the patient; neither is part of k-Same.",
            "Anything about people outside the cohort: a composite may look like a stranger.",
            "That a person in two pictures was always noticed. Pictures nearer than "
            f"{SAME_PERSON} in the recogniser's distance counted as one person, and pictures in "
            "one subfolder; a person missed by both counts twice, and k is then one less.",
            "Anything about several banks. Two banks of nearly the same people can be compared, "
            "and their difference points at those who were added: pass on one of them only.",
            "That the composites hold nothing of the order of single faces. Moving them away from "
            "the nearest faces of the cohort used those faces.",
        ],
        "references": list(_REFERENCES),
    }


def in_words(statement: dict[str, Any]) -> str:
    """The statement as Markdown."""
    counts = statement["counts"]
    low, high = counts["people_per_composite"]
    lines = [
        f"# {statement['title'][0].upper()}{statement['title'][1:]}",
        "",
        f"Made by mien {statement['mien']} on {statement['made']}.",
        "",
        "| | |",
        "|---|---|",
        f"| Pictures and clips | {counts['files']} |",
    ]
    for why, number in counts["left_out"].items():
        lines.append(f"| – left out: {REASONS[why]} | {number} |")
    lines += [
        f"| – further pictures of the same person | {counts['further_pictures_of_somebody']} |",
        f"| People used | {counts['people_used']} |",
        f"| Composites | {counts['composites']} |",
        f"| – withheld, still taken for somebody | {counts['composites_withheld']} |",
        f"| People per composite | {low if low == high else f'{low} to {high}'} |",
        f"| Smallest distance to a face of the cohort ({statement['recogniser']}) "
        f"| {statement['smallest_distance_to_the_cohort']} |",
    ]
    for heading, key in (
        ("What it says", "says"),
        ("What it does not say", "does_not_say"),
        ("References", "references"),
    ):
        lines += ["", f"## {heading}", "", *[f"- {item}" for item in statement[key]]]
    return "\n".join(lines) + "\n"
