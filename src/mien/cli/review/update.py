"""`mien review update`: what is new since the last search; decisions stay."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from mien.cli import options
from mien.cli.failure import need, tell
from mien.cli.review.options import Apart, Together, numbers
from mien.errors import FormatError, ParameterError

T = TypeVar("T")

if TYPE_CHECKING:
    from mien.review.living.findings import Change
    from mien.review.living.review_folder import Review
    from mien.review.living.update import Import


def update(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="REVIEW", help="The folder of a review; made if --protocol is given."
        ),
    ],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Exports of new searches; only read."),
    ] = None,
    protocol: Annotated[
        Path | None, typer.Option(metavar="TOML", help="Begin a review with this protocol.")
    ] = None,
    database: Annotated[
        str | None, typer.Option(metavar="NAME", help="Where FILEs are from; else as they say.")
    ] = None,
    kind: Annotated[
        str, typer.Option(metavar="database|register|other", help="Kind of search.")
    ] = "database",
    date: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Of the search; today if not given.")
    ] = None,
    apart: Apart = None,
    together: Together = None,
    decisions: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Add what reviewers decided.")
    ] = None,
    values: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Add what was extracted.")
    ] = None,
    judgements: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Add what was judged of risk of bias.")
    ] = None,
    as_json: Annotated[bool, options.as_json("what is new and what changed")] = False,
) -> None:
    """Add records, decisions, data and judgements to a review, and say what changed by them.

    New records begin a new version if anything was decided in the one at hand; that stays in the
    folder versions. A record that is there already keeps its number and every decision. Numbers
    of --apart and --together are those that mien review dedupe gives to the same FILEs.

    Example: [bold]mien review update review pubmed-2026.nbib scopus-2026.ris[/bold]
    """
    need("review")
    from mien.review.living.alone import alone
    from mien.review.living.findings import changes, findings
    from mien.review.living.update import add, freeze

    imports, day = _imports(files or [], database, kind), _date(date)
    with alone(folder):
        before = after = _opened(folder, protocol)
        if imports:
            after = add(
                freeze(before) if before.decisions else before,
                imports,
                day,
                together=numbers(together),
                apart=numbers(apart),
            )
        after = _with_people(after, decisions, values, judgements)
        if after is before and protocol is None:
            raise ParameterError("There is nothing to add: give files, or what was decided.")
        after.save(folder, overwrite=True)
    earlier = after.earlier[-1] if after.earlier else None
    found = findings(after, brief=True)
    changed = changes(findings(earlier, brief=True), found) if earlier else []
    new = [one for one in after.records if one.id not in {old.id for old in before.records}]
    content: dict[str, Any] = {
        "version": after.version,
        "came": sum(one.records for one in after.searches)
        - sum(one.records for one in before.searches),
        "new": len(new),
        "known": len(after.merged) - len(before.merged),
        "waiting": found.waiting,
        "changes": [vars(one) for one in changed],
    }
    if as_json:
        print(json.dumps(content, indent=2, ensure_ascii=False))
        return
    _print(content, changed, earlier)


def _opened(folder: Path, protocol: Path | None) -> Review:
    from mien.review.living.review_folder import begin, is_review, open_review

    if protocol is None:
        return open_review(folder)
    if is_review(folder):
        raise ParameterError(f"{folder} holds a review already: leave --protocol out.")
    try:
        written = protocol.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise FormatError(f"{protocol} cannot be read: it is no text, or not there.") from exc
    return begin(written)


def _imports(files: list[Path], database: str | None, kind: str) -> list[Import]:
    from mien.review.living.update import Import
    from mien.review.records.reading import read_exports

    found = []
    for export in read_exports(files):
        for note in export.notes:
            tell(note)
        said = Counter(record.source for record in export.records if record.source)
        name = database or (said.most_common(1)[0][0] if said else export.path.stem)
        found.append(Import(name, kind, export.path.name, export.records))
    return found


def _date(date: str | None) -> str:
    if date is None:
        return datetime.date.today().isoformat()
    try:
        return datetime.date.fromisoformat(date).isoformat()
    except ValueError as exc:
        raise ParameterError(f"--date is {date!r}: write it as 2026-01-31.") from exc


def _with_people(
    review: Review, decisions: Path | None, values: Path | None, judgements: Path | None
) -> Review:
    """A state with what people said added; what concerns no record of it is refused."""
    from mien.review.bias.judgements import read_judgements
    from mien.review.extraction.values import read_values
    from mien.review.living.decisions import parse_decisions

    if decisions is not None:
        try:
            written = decisions.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as exc:
            raise FormatError(f"{decisions} cannot be read: it is no text, or not there.") from exc
        said = parse_decisions(written, decisions.name)
        known = {one.id for one in review.records}
        for one in said:
            if one.record not in known:
                raise FormatError(
                    f"{decisions.name} decides about {one.record}, which is no record."
                )
        review = replace(
            review,
            decisions=_with(
                review.decisions, said, lambda one: (one.record, one.stage, one.reviewer)
            ),
        )
    if values is not None:
        taken = read_values(values, review.protocol)
        review = replace(
            review,
            values=_with(review.values, taken, lambda one: (one.study, one.field, one.extractor)),
        )
        _tell_unknown(review, {one.study for one in taken}, values)
    if judgements is not None:
        judged = read_judgements(judgements)
        kept = _with(
            review.judgements,
            judged,
            lambda one: (one.study, one.tool, one.domain, one.item, one.assessor),
        )
        review = replace(review, judgements=kept)
        _tell_unknown(review, {one.study for one in judged}, judgements)
    return review


def _with(there: tuple[T, ...], more: list[T], key: Callable[[T], object]) -> tuple[T, ...]:
    """What is there and what is new; what was said last already is not written again."""
    last = {key(one): one for one in there}
    found = list(there)
    for one in more:
        if last.get(key(one)) != one:
            last[key(one)] = one
            found.append(one)
    return tuple(found)


def _tell_unknown(review: Review, named: set[str], path: Path) -> None:
    """Say which studies a file names that the review does not include."""
    strange = sorted(named - set(review.studies()))
    if strange:
        others = f" and {len(strange) - 3} others" if len(strange) > 3 else ""
        tell(
            f"{path.name} names {', '.join(strange[:3])}{others}: no study that is included, so it "
            "does not count; mien review extract --form --review lists the names."
        )


def _print(content: dict[str, Any], changed: list[Change], earlier: Review | None) -> None:
    typer.echo(
        f"Version {content['version']}: {content['came']} records came, {content['new']} are new, "
        f"{content['known']} were known."
    )
    waiting = content["waiting"]
    typer.echo(f"Waiting for a decision: {waiting['title']} titles, {waiting['full']} full texts.")
    if earlier is not None:
        typer.echo(f"Changed since version {earlier.version}: {len(changed)} numbers.")
    for one in changed:
        before = "–" if one.before is None else f"{one.before:.4g}"
        now = "–" if one.now is None else f"{one.now:.4g}"
        typer.echo(f"  {one.figure}: {one.what} {before} → {now}")
