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
from served import LONGEST_S, Served

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
_SERVE = """
import sys
from mien.cli import main
data, *words = sys.argv[1:]
sys.argv = ["mien", "serve", "--no-browser", "--data", data, *words]
main()
"""
_SPARING = """
import sys
from pathlib import Path
from mien.web.http.server import serve
from mien.web.http.serving import Serving
data, workers = sys.argv[1:]
serving = Serving(Path(data), workers=int(workers), work="renderings:sparing")
serve(serving, 0, lambda address: print(address, flush=True))
"""
_TESTS = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Served]]:
    """Starts servers that end with the tests of a file."""
    if os.name == "nt":
        pytest.skip("there is no /proc on Windows")

    def start(*words: str, data: Path | None = None, code: str = _SERVE) -> Served:
        data = data or tmp_path_factory.mktemp("served") / "data"
        paths = [str(_TESTS / "web"), str(_TESTS)]  # of what workers do
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(data), *words],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        stack.callback(process.wait)
        stack.callback(process.kill)
        assert process.stdout is not None
        return Served(process, data, process.stdout.readline().split()[-1])

    with ExitStack() as stack:
        yield start


@pytest.fixture(scope="module")
def serve_sparingly(serve) -> Callable[..., Served]:
    """Starts servers that look at a result a little only, where that is not what is tested."""
    return lambda workers=1, data=None: serve(str(workers), data=data, code=_SPARING)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser. It keeps an event loop running in this thread: tests run theirs in another."""
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


@pytest.fixture(scope="session")
def until() -> Callable[[Any, str], None]:
    """Waits in a page until an expression is true. Playwright's `wait_for_function` evaluates text
    again and again, which what a page may do forbids as soon as the first time was too early."""

    def wait(page: Any, expression: str) -> None:
        assert page.evaluate(
            f"""new Promise(done => {{
                const end = performance.now() + {1000 * LONGEST_S};
                const look = () => ({expression}) ? done(true)
                    : performance.now() > end ? done(false) : setTimeout(look, 20);
                look();
            }})"""
        ), expression

    return wait


@pytest.fixture(scope="session")
def expect() -> Any:
    """Playwright's own waiting for what shall be seen: long, for computers that do much else.
    An analysis takes five seconds of a processor, which a busy one gives in more than 30."""
    found = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
    found.set_options(timeout=1000 * LONGEST_S)
    return found
