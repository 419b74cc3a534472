"""`mien serve`: the application in the browser of this computer."""

from __future__ import annotations

import gc
import webbrowser
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer

from mien.cli.department import Department, in_bytes
from mien.cli.failure import tell, wants_traceback
from mien.cli.grouped import grouped
from mien.cli.passwords import first_line


@grouped
def serve(
    department: Department,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, help="Where to listen; 0 takes the last one again, or any free."
        ),
    ] = 0,
    data: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER",
            help="Keeps originals, results and the list of clips. Originals SHOW THE PATIENT: "
            "choose a folder on an encrypted disk.",
        ),
    ] = Path("mien-data"),
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Listen for other computers too; needs a password and TLS, or --unprotected.",
        ),
    ] = "127.0.0.1",
    name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Another name under which browsers reach it; may be repeated."
        ),
    ] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="A file whose first line is the password for /login."),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--tls-certificate", metavar="PEM", help="Certificate chain.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--tls-key", metavar="PEM", help="The certificate's key.")
    ] = None,
    self_signed: Annotated[
        bool,
        typer.Option(
            "--tls-self-signed",
            help="Sign a certificate itself, of which browsers warn, so that they give cameras to "
            "Live (needs make live).",
        ),
    ] = False,
    unprotected: Annotated[
        bool,
        typer.Option("--unprotected", help="Let other computers in without a password and TLS."),
    ] = False,
    study: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="STUDY",
            help="A rating study of mien study design, for its raters; may be repeated.",
        ),
    ] = None,
    review: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="REVIEW",
            help="A review of mien review screen, for its reviewers; may be repeated.",
        ),
    ] = None,
    batch: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="A batch of mien batch to show, its folder or that of --state; may be repeated.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Clips to work on at once; one per two cores if not given."),
    ] = None,
    largest: Annotated[
        float, typer.Option("--largest-upload", metavar="GB", min=0.001, help="Largest video.")
    ] = 16.0,
) -> None:
    """De-identify videos on a page in the browser; nothing leaves this computer.

    Prints the address of the page, which works once and for 15 minutes, and runs until Ctrl-C. What
    was not finished goes on at the next start. Several people with accounts: mien users.

    Example: [bold]mien serve --data /path/to/folder[/bold]
    """
    gc.disable()  # nothing that is imported is garbage; looking for some takes a tenth of the start
    from mien.web.http import server, serving

    gc.enable()
    settings = serving.Serving(
        data=data,
        host=host,
        names=tuple(name or ()),
        password=None if password_file is None else first_line(password_file),
        certificate=certificate,
        key=key,
        self_signed=self_signed,
        unprotected=unprotected,
        keep_originals=department.keep_originals,
        keep_results=department.keep_results,
        quota=in_bytes(department.quota),
        quota_each=in_bytes(department.quota_each),
        accounts=department.accounts,
        behind_proxy=department.behind_proxy,
        unix_socket=department.unix_socket,
        studies=tuple(study or ()),
        reviews=tuple(review or ()),
        batches=tuple(batch or ()),
        workers=workers,
        largest=int(largest * 1e9),
        traces=wants_traceback(),
    )

    def ready(address: str) -> None:
        typer.echo(f"mien runs at {address}")
        typer.echo(f"Files are kept in {data.absolute()}. Ctrl-C stops.")
        if browser and not department.behind_proxy:
            Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    try:
        server.serve(settings, port, ready, warn=tell)
    except KeyboardInterrupt:
        typer.echo("Stopped. What was not finished goes on at the next start.")
