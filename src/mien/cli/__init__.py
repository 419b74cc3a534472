"""The command line, `mien`; nothing heavy is loaded before a command needs it."""

from __future__ import annotations


def main() -> None:
    """Run the command line and exit with its status."""
    from mien.cli.app import run

    run()
