"""Every command that stands in a code block of the documents is one that mien takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from mien.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands(page: Path) -> list[list[str]]:
    """The words of every command in the page's code blocks, but for patterns of usage and what
    changes the shell's own files."""
    found = []
    for block in re.findall(r"^```(?:sh|bash)?\n(.*?)^```", page.read_text(), re.S | re.M):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|[|>]", line):
                words = part.strip()
                pattern = "[" in words or "..." in words or "-completion" in words
                if re.match(r"(?:\.venv/bin/)?mien ", words) and not pattern:
                    found.append(shlex.split(words, comments=True)[1:])
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_are_taken(page):
    group = typer.main.get_command(app)
    for words in commands(page):
        command, left, path = group, list(words), ["mien"]
        while hasattr(command, "commands") and left and left[0] in command.commands:
            path.append(left[0])
            command = command.commands[left.pop(0)]
        own = type(command).__module__.startswith("mien.")  # a group that is a command, too
        if own or not left or left[0].startswith("-") or not hasattr(command, "commands"):
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(ROOT)
                try:
                    command.make_context(" ".join(path), left, resilient_parsing=False)
                except SystemExit as end:
                    assert not end.code, words
                except Exception as error:
                    said = getattr(error, "message", str(error))
                    known = type(error).__name__ in ("Exit", "NoArgsIsHelpError")
                    assert known or "does not exist" in said, (page.name, words, said)
        else:
            raise AssertionError(f"{page.name}: mien has no command {' '.join(words)}")


def test_there_are_some():
    assert len(commands(ROOT / "docs" / "usage.md")) > 8
