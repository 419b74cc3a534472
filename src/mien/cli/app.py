"""The commands, and what surrounds them: signals, silence, statuses."""

from __future__ import annotations

import io
import os
import signal
import sys
import warnings
from typing import Annotated

import typer

from mien.cli.audit import audit
from mien.cli.batch import batch
from mien.cli.blendshapes import blendshapes
from mien.cli.compare import compare
from mien.cli.cover import cover
from mien.cli.dataset import dataset
from mien.cli.deidentify import deidentify
from mien.cli.demo import demo
from mien.cli.dicom import dicom
from mien.cli.doctor import doctor
from mien.cli.encounter import encounter
from mien.cli.evaluate import evaluate
from mien.cli.expression import expression
from mien.cli.failure import STATUSES, guarded, stop, wants_traceback
from mien.cli.linkage import linkage
from mien.cli.live import live
from mien.cli.people import people
from mien.cli.phantom import phantom
from mien.cli.record import record
from mien.cli.release import release
from mien.cli.review import review
from mien.cli.serve import serve
from mien.cli.study import study
from mien.cli.surrogates import surrogates
from mien.cli.train import train
from mien.cli.users import users
from mien.workers import plain_algebra

app = typer.Typer(
    name="mien",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with [bold]mien demo[/bold].\n\n" + STATUSES,
)
for _command in (
    deidentify,
    batch,
    people,
    audit,
    cover,
    evaluate,
    compare,
    blendshapes,
    phantom,
    demo,
    linkage,
    live,
    record,
    release,
    dataset,
    serve,
    doctor,
):
    app.command(epilog=STATUSES)(guarded(_command))
app.add_typer(dicom, name="dicom")
app.add_typer(encounter, name="encounter")
app.add_typer(expression, name="expression")
app.add_typer(review, name="review")
app.add_typer(study, name="study")
app.add_typer(surrogates, name="surrogates")
app.add_typer(train, name="train")
app.add_typer(users, name="users")


_LEARNING = ("expression", "review", "train")  # their matrices are large


def _version(wanted: bool) -> None:
    if wanted:
        from mien.cli.version import lines

        typer.echo("\n".join(lines()))
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            help="Print version and extras.",
        ),
    ] = False,
) -> None:
    """Change who a face is in a clinical video and keep what it does."""
    if context.invoked_subcommand not in _LEARNING:
        plain_algebra()


def run() -> None:
    """Run the command line of this process and exit."""
    # a closed terminal or a job that is cancelled cleans up like Ctrl-C
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            signal.signal(number, stop)
    _print_any_name()
    if not wants_traceback():
        _hush()
    app(prog_name="mien")


def _print_any_name() -> None:
    """Names of files need be no text; where they are none, their bytes are printed as escapes."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _hush() -> None:
    """Keep what C++ libraries log off the terminal: they write to descriptor 2, mien to a copy."""
    os.environ.setdefault("GLOG_minloglevel", "2")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    try:
        ours = os.dup(2)
    except OSError:
        return  # stderr is closed: nothing to keep clean
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)
    sys.stderr = open(ours, "w", buffering=1, errors="backslashreplace")
