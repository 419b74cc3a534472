"""The PRISMA flow of a state."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mien.review.living.decisions import EXCLUDE, INCLUDE, UNAVAILABLE, Outcome, outcomes
from mien.review.living.review_folder import DATABASE, OTHER, REGISTER, Review, Search, Stored
from mien.review.prisma.flow import Flow


def flow_of(review: Review) -> Flow:
    """Of the version at hand; studies of earlier ones are those before.

    Every record that came is in it, those of other methods in a column of their own: where nothing
    waits, all that were identified are duplicates or were screened. Records that await a decision
    count as screened where their title was decided, and are missing after; `waiting` says how many
    there are.
    """
    version = review.version
    title = outcomes(review.decisions, "title", review.reviewers)
    full = outcomes(review.decisions, "full", review.reviewers)
    own = [one for one in review.records if one.version == version]
    main, other = [x for x in own if x.kind != OTHER], [x for x in own if x.kind == OTHER]
    searches = [one for one in review.searches if one.version == version]
    reasons = {one.key: one.title or one.words.rstrip(".") for one in review.protocol.exclude}
    before = [one for one in review.included() if one.version < version]
    merged = [one for one in review.merged if one.version == version]
    twice = sum(one.kind == OTHER for one in merged)
    counts, others = _counts(main, title, full, reasons), _counts(other, title, full, reasons)
    return Flow(
        databases=_sums(searches, DATABASE),
        registers=_sums(searches, REGISTER),
        duplicates=len(merged) - twice,
        screened=counts["screened"],
        excluded=counts["excluded"],
        sought=counts["sought"],
        not_retrieved=counts["unavailable"],
        assessed=counts["assessed"],
        excluded_full_text=counts["reasons"],
        other=_sums(searches, OTHER),
        other_duplicates=twice,
        other_excluded=others["excluded"],
        other_sought=others["sought"],
        other_not_retrieved=others["unavailable"],
        other_assessed=others["assessed"],
        other_excluded_full_text=others["reasons"],
        studies=counts["included"] + others["included"],
        reports=counts["included"] + others["included"],
        previous_studies=len(before) if version > 1 else None,
        made_up=review.made_up,
    )


def waiting(review: Review) -> dict[str, int]:
    """Records that await a decision, by stage."""
    title = outcomes(review.decisions, "title", review.reviewers)
    full = outcomes(review.decisions, "full", review.reviewers)
    kept = [one.id for one in review.records if _is(title, one.id, INCLUDE)]
    return {
        "title": sum(not title.get(one.id, Outcome("")).decision for one in review.records),
        "full": sum(not full.get(key, Outcome("")).decision for key in kept),
    }


def _sums(searches: list[Search], kind: str) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in searches:
        if one.kind == kind:
            found[one.database] += one.records
    return dict(found)


def _is(found: dict[str, Outcome], record: str, decision: str) -> bool:
    return record in found and found[record].decision == decision


def _counts(
    records: list[Stored],
    title: dict[str, Outcome],
    full: dict[str, Outcome],
    words: dict[str, str],
) -> dict[str, Any]:
    excluded = sum(_is(title, one.id, EXCLUDE) for one in records)
    sought = [one.id for one in records if _is(title, one.id, INCLUDE)]
    away = sum(_is(full, key, UNAVAILABLE) for key in sought)
    reasons = Counter(
        words.get(full[key].reason, full[key].reason or "no reason given")
        for key in sought
        if _is(full, key, EXCLUDE)
    )
    included = sum(_is(full, key, INCLUDE) for key in sought)
    return {
        "screened": excluded + len(sought),
        "excluded": excluded,
        "sought": len(sought),
        "unavailable": away,
        "assessed": included + sum(reasons.values()),
        "reasons": dict(reasons.most_common()),
        "included": included,
    }
