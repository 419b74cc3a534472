"""`mien dicom`: images of a hospital's archive, de-identified, sent and received."""

from __future__ import annotations

import typer

from mien.cli.dicom.deidentify import deidentify
from mien.cli.dicom.receive import receive
from mien.cli.dicom.send import send
from mien.cli.failure import STATUSES, guarded

dicom = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="DICOM images: pictures and headers de-identified together.",
)
for _command in (deidentify, send, receive):
    dicom.command(epilog=STATUSES)(guarded(_command))
