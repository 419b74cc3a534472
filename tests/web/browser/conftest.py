"""A real server with real workers, and a real browser without a window."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from served import Served

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
_SERVE = """
import sys
from mien.cli import main
data, *words = sys.argv[1:]
sys.argv = ["mien", "serve", "--no-browser", "--data", data, *words]
main()
"""


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Served]]:
    """Starts servers that end with the tests of a file."""
    if os.name == "nt":
        pytest.skip("there is no /proc on Windows")

    def start(*words: str, data: Path | None = None, code: str = _SERVE) -> Served:
        data = data or tmp_path_factory.mktemp("served") / "data"
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(data), *words], stdout=subprocess.PIPE, text=True
        )
        stack.callback(process.wait)
        stack.callback(process.kill)
        assert process.stdout is not None
        return Served(process, data, process.stdout.readline().split()[-1])

    with ExitStack() as stack:
        yield start


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser; of a file's tests and no longer, because it keeps an event loop running."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: install Debian's package chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=CHROMIUM,
            # containers have no user namespaces and little shared memory
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def expect() -> Any:
    """Playwright's own waiting for what shall be seen: long, for computers that do much else."""
    found = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
    found.set_options(timeout=30_000)
    return found
