#!/usr/bin/env bash
# Builds wheel and sdist, looks at them, and does the main job with the wheel alone: in an environment of
# its own, far from the checkout. Leaves the two files in dist/.
#
#     scripts/check_wheel.sh [FOLDER]     where to work; a temporary folder that is removed if left out
#     MIEN_LOCKED=1 scripts/check_wheel.sh     with the locked packages, which are in pip's cache after
#                                              `make setup`, instead of those that pip chooses
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root="$PWD"
PYTHON="${PYTHON:-python3.11}"
work="${1:-$(mktemp -d)}"
mkdir -p "$work"
[ $# -gt 0 ] || trap 'rm -rf "$work"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1
unset PYTHONPATH

"$PYTHON" -m venv "$work/tools"
"$work/tools/bin/pip" -qq install build twine
rm -rf dist
"$work/tools/bin/python" -m build -o dist . >"$work/build.log" 2>&1 || { tail -n 20 "$work/build.log" >&2; exit 1; }
"$work/tools/bin/twine" check --strict dist/*

# everything that the repository has under src/mien is inside, in both
"$work/tools/bin/python" - <<'PY'
import pathlib, subprocess, sys, tarfile, zipfile

tracked = subprocess.run(["git", "ls-files", "src/mien"], capture_output=True, text=True)
wanted = {name.removeprefix("src/") for name in tracked.stdout.split("\n") if name}
if not wanted:
    wanted = {p.relative_to("src").as_posix() for p in pathlib.Path("src/mien").rglob("*")
              if p.is_file() and "__pycache__" not in p.parts}
(wheel,), (sdist,) = pathlib.Path("dist").glob("*.whl"), pathlib.Path("dist").glob("*.tar.gz")
inside = set(zipfile.ZipFile(wheel).namelist())
source = {name.partition("/src/")[2] for name in tarfile.open(sdist).getnames()}
missing = sorted(wanted - inside) + sorted(wanted - source)
foreign = sorted(n for n in inside if not n.startswith("mien"))
for path in (wheel, sdist):
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
if missing or foreign:
    sys.exit(f"missing: {missing[:5]}; not mien's: {foreign[:5]}")
PY

"$PYTHON" -m venv "$work/fresh"
if [ -n "${MIEN_LOCKED:-}" ]; then
    "$work/fresh/bin/pip" -qq install --no-deps --require-hashes -r requirements.lock
    "$work/fresh/bin/pip" -qq install --no-deps dist/*.whl
else
    "$work/fresh/bin/pip" -qq install dist/*.whl
fi

mkdir -p "$work/elsewhere"
cd "$work/elsewhere"
mien="$work/fresh/bin/mien"
"$mien" --version
"$mien" doctor
"$mien" phantom -o patient.mp4 --seconds 1 --fps 12 --width 320 --height 320 --overwrite
"$mien" deidentify patient.mp4 -o shared.mp4 --overwrite --json >told.json
"$work/fresh/bin/python" - "$root" <<'PY'
import json, pathlib, sys
import mien

root = pathlib.Path(sys.argv[1])
assert not pathlib.Path(mien.__file__).is_relative_to(root), "the checkout was used"
(entry,) = json.load(open("told.json"))["results"]
assert entry["status"] == 0 and pathlib.Path("shared.mp4").stat().st_size, entry
print(f"{entry['output']}: {entry['counts']}, face {', '.join(entry['surrogate'])}")
PY
