"""`mien batch`: a plan of many clips, done to the end whatever happens in between."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.failure import check, need, tell
from mien.cli.given import thoroughness
from mien.cli.grouped import grouped
from mien.errors import ParameterError
from mien.shortfall import STATUS

if TYPE_CHECKING:
    from mien.scale.far import Url
    from mien.scale.run import Batch, Standing
    from mien.scale.state import State
    from mien.scale.workers import Pool

_JOBS = 50  # at a time, if nobody says
_EVERY_S = 10.0  # of a line that says how far it has come
QUARANTINED = 1
_NAMED = 5  # results of no row that are named


@dataclass(frozen=True)
class How:
    """How each clip is treated."""

    engine: Annotated[str, typer.Option(help="As of mien deidentify.")] = "mesh"
    match: Annotated[
        str, typer.Option(metavar="none|sex|age|tone", help="As of mien deidentify.")
    ] = "age"
    voice: Annotated[str, typer.Option(metavar="keep|mute", help="The sound.")] = "keep"
    surroundings: Annotated[
        str, typer.Option(metavar="keep|blur|solid", help="As of mien deidentify.")
    ] = "keep"
    withhold: Annotated[
        str,
        typer.Option(
            metavar="never|over N%|any",
            help="When to give nothing instead of covering frames, as of mien deidentify; what is "
            "withheld is in quarantine.",
        ),
    ] = "over 10%"
    crf: Annotated[
        int, typer.Option(min=0, max=51, help="Quality of the H.264 picture; lower is better.")
    ] = 17
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="parkinson|palsy|generic|FILE",
            help="Also measure every result, as mien evaluate does; a row may name its own.",
        ),
    ] = None
    key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A secret (head -c 32 /dev/urandom > FILE) from which codes of subjects follow; "
            "one that is drawn and kept in the folder if left out.",
        ),
    ] = None
    landmarker: options.Landmarker = None
    language: options.Language = "en"


@dataclass(frozen=True)
class Work:
    """Who works on them."""

    workers: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Clips at a time; what fits if left out."),
    ] = None
    ray: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Work on this Ray cluster; local starts one here."),
    ] = None
    patience: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="MINUTES",
            help="How long a worker may get no further with a clip before it is ended and the clip "
            "tried again.",
        ),
    ] = 30
    retry: Annotated[bool, typer.Option("--retry", help="Try again what is in quarantine.")] = False
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The memory of a batch whose files go far away, on a disk that all workers see.",
        ),
    ] = None


@dataclass(frozen=True)
class Jobs:
    """What Slurm is asked for."""

    slurm: Annotated[
        bool,
        typer.Option("--slurm", help="Hand each clip to Slurm as a job; --workers at a time."),
    ] = False
    slurm_partition: Annotated[
        str | None, typer.Option(metavar="NAME", help="Where; Slurm's own choice if left out.")
    ] = None
    slurm_minutes: Annotated[
        int, typer.Option(min=1, metavar="N", help="Longest time for a clip.")
    ] = 120
    slurm_cpus: Annotated[int, typer.Option(min=1, metavar="N", help="Cores for a clip.")] = 2
    slurm_memory: Annotated[int, typer.Option(min=1, metavar="GB", help="Memory for a clip.")] = 4


@grouped
def batch(
    plan: Annotated[
        Path,
        typer.Argument(
            metavar="PLAN",
            help="CSV or Parquet with the columns path, subject, pseudonym, profile, settings; all "
            "but path may be missing, and a path may be a URL (s3://, sftp://).",
        ),
    ],
    out: Annotated[
        str,
        options.out(
            "FOLDER",
            "The batch: a new folder, or the one to go on with; or where its files go far away "
            "(s3://bucket/cohort, sftp://host/cohort), which needs --state.",
        ),
    ],
    how: How,
    work: Work,
    jobs: Jobs,
    as_json: Annotated[bool, options.as_json("what became of the plan")] = False,
) -> None:
    """De-identify many clips: results, manifests, evidence and one report in a folder.

    A second start does only what is missing; whoever is killed, and whenever. What fails is tried
    twice more and then put into quarantine with the reason (exit status 1).

    Example: [bold]mien batch plan.csv -o cohort --profile generic --key study.key[/bold]
    """
    from mien.intake.secret import Secret
    from mien.pipeline.settings import Settings
    from mien.scale.plan import check_rows, read_plan
    from mien.scale.run import Driver

    need("reports")
    _check(work, jobs)
    from mien.report.language import check_language
    from mien.scale.summary import write_report

    check_language(how.language)

    rows = read_plan(plan)
    base = Settings(
        engine=how.engine,
        match=how.match,
        voice=how.voice,  # type: ignore[arg-type]  # checked by Settings
        surroundings=how.surroundings,  # type: ignore[arg-type]  # likewise
        withhold=how.withhold,
        crf=how.crf,
        landmarker=None if how.landmarker is None else str(how.landmarker),
        thoroughness=thoroughness(),
    )
    check_rows(rows, base, how.profile)
    secret = None if how.key is None else Secret.read(how.key)
    state = _state(out, work.state)
    driver = Driver(
        rows,
        state,
        base,
        secret,
        how.profile,
        work.retry,
        _Lines(as_json),
        how.language,
        60.0 * work.patience,
        _command(),
    )
    pool = _pool(work, jobs, state.folder, len(rows))
    made = driver.run(pool)
    files = write_report(made, state.folder, state.store, how.language)
    if as_json:
        print(json.dumps(_told(made, out), indent=2))
    else:
        _print(made, len(rows), files)
    if made.quarantine:
        raise typer.Exit(QUARANTINED)
    if any(record["missing"].get("much") for record in made.done.values()):
        raise typer.Exit(STATUS)


def _pool(work: Work, jobs: Jobs, folder: Path, rows: int) -> Pool:
    """Who works on the plan."""
    from mien.scale.workers import Processes, suitable

    if jobs.slurm:
        from mien.scale.on_slurm import Asked, OnSlurm

        asked = Asked(jobs.slurm_partition, jobs.slurm_minutes, jobs.slurm_cpus, jobs.slurm_memory)
        return OnSlurm(folder, min(work.workers or _JOBS, rows), asked)
    if work.ray is not None:
        from mien.scale.on_ray import OnRay

        return OnRay(work.ray)
    return Processes(min(work.workers or suitable(), rows))


def _command() -> tuple[str, ...]:
    """How the batch goes on, for whoever looks at it."""
    words = sys.argv[1:]
    return ("mien", *(w for w in words if w != "--retry")) if "batch" in words else ()


def _check(work: Work, jobs: Jobs) -> None:
    """Refuse early what does not go together."""
    if jobs.slurm and work.ray is not None:
        raise ParameterError("--slurm and --ray both name who works: give one of them.")
    if not jobs.slurm and jobs != Jobs():
        raise ParameterError("Options of Slurm were given without --slurm: add it.")


def _state(out: str, memory: Path | None) -> State:
    """A batch's memory, and where its files go."""
    from mien.scale.far import Url, place_of
    from mien.scale.state import State
    from mien.scale.store import Store

    place = place_of(out)
    if isinstance(place, Url):
        if memory is None:
            raise ParameterError(
                f"{place} has no locks: also give --state FOLDER, a folder on a disk for the "
                "batch's memory."
            )
        return State(memory, Store(place))
    if memory is not None:
        raise ParameterError(f"--state is for files that go far away: {place} keeps its own.")
    return State(place)


class _Lines:
    """How far it has come, on stderr: a line now and then, and one at the end if nothing else says
    how it ended."""

    def __init__(self, to_the_end: bool) -> None:
        self._to_the_end = to_the_end
        self._last = 0.0
        self._said: tuple[int, int] | None = None

    def __call__(self, standing: Standing) -> None:
        check()
        over = standing.done + standing.quarantined >= standing.total
        if over and not self._to_the_end:
            return
        now, where = time.monotonic(), (standing.done, standing.quarantined)
        if where == self._said or (
            now - self._last < _EVERY_S and not over and self._said is not None
        ):
            return
        self._last, self._said = now, where
        left = ""
        if standing.left_s is not None and not over:
            minutes = standing.left_s / 60
            left = f", about {minutes:.0f} min left" if minutes >= 1 else ", less than 1 min left"
        apart = f", {standing.quarantined} in quarantine" if standing.quarantined else ""
        said = f"{_done(standing.done, standing.total)}{apart}{left}"
        if not any(where):
            said = f"{'1 clip is' if standing.total == 1 else f'{standing.total} clips are'} to do"
        print(said, file=sys.stderr, flush=True)


def _done(done: int, total: int) -> str:
    """How many clips are done, without a full stop."""
    clips = "clip" if total == 1 else "clips"
    return f"{done} of {total} {clips} {'is' if 1 in (done, total) else 'are'} done"


def _print(made: Batch, total: int, files: Sequence[Path | Url]) -> None:
    before = len(made.done) - made.worked
    when = f" ({made.worked} now, {before} before)" if before else ""
    typer.echo(f"{_done(len(made.done), total)}{when}.")
    for one in made.quarantine:
        tries = "1 try" if one["tries"] == 1 else f"{one['tries']} tries"
        tell(f"{one['name']} (row {one['row']}, {tries}): {one['sentence']}")
    if made.quarantine:
        are = "1 is" if len(made.quarantine) == 1 else f"{len(made.quarantine)} are"
        typer.echo(f"{are} in quarantine: see why, mend it, and start again with --retry.")
    for face, people in made.shared_faces.items():
        typer.echo(f"{people} subjects have the face {face}: the bank has no more that suit.")
    if made.left_over:
        named = ", ".join(made.left_over[:_NAMED]) + (", …" if made.left_over[_NAMED:] else "")
        count = len(made.left_over)
        what = "1 result belongs" if count == 1 else f"{count} results belong"
        tell(
            f"{what} to no row of the plan ({named}): take {'it' if count == 1 else 'them'} out "
            f"of results and evidence, so that nobody passes {'it' if count == 1 else 'them'} on."
        )
    typer.echo(_report(made, files))


def _report(made: Batch, files: Sequence[Path | Url]) -> str:
    """Where to read on, and what is told there."""
    every, aside, *measured = files
    more = []
    if made.quarantine:
        more.append(f"{aside.name} what is in quarantine")
    if measured:
        more.append(f"{measured[0].name} what was measured")
    beside = f"; beside it, {' and '.join(more)}" if more else ""
    return f"{every} lists every clip{beside}."


def _told(made: Batch, out: str) -> dict[str, object]:
    return {
        "folder": out,
        "done": {
            name: {key: value for key, value in record.items() if key != "metrics"}
            for name, record in made.done.items()
        },
        "worked": made.worked,
        "quarantine": made.quarantine,
        "shared_faces": made.shared_faces,
        "left_over": made.left_over,
    }
