"""Write the checksums of what ships with mien, by which `mien doctor` knows damaged files.

    python scripts/sum_assets.py

Run it after a change under ``src/mien/assets``; a test says when it was forgotten.
"""

from pathlib import Path

from mien.cli.doctor.models import ASSETS, SUMS, sums_of


def main() -> None:
    lines = [f"{found}  {name}\n" for name, found in sums_of(ASSETS).items()]
    (ASSETS / SUMS).write_text("".join(lines), encoding="utf-8")
    print(f"{Path(SUMS).name}: {len(lines)} files")


if __name__ == "__main__":
    main()
