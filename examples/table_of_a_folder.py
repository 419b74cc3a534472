"""Measure a folder of results against a folder of originals, and make one table of it.

    python examples/table_of_a_folder.py ORIGINALS RESULTS TABLE.csv

Clips belong together by name: ``visit.mp4`` and ``visit.mp4``, or ``visit-deid.mp4``.
"""

import sys
from pathlib import Path

import pandas

import mien


def main(originals: Path, results: Path, output: Path) -> None:
    rows = []
    for original in sorted(originals.glob("*.mp4")):
        found = sorted(results.glob(f"{original.stem}*.mp4"))
        if not found:
            print(f"{original.name} has no result", file=sys.stderr)
            continue
        try:
            metrics = mien.evaluate(original, found[0]).metrics
        except mien.MienError as error:  # one sentence: what, where, what to do
            print(error, file=sys.stderr)
            continue
        figures = metrics.to_frame().set_index("key")["value"]
        rows.append(figures.rename(original.stem))
    table = pandas.DataFrame(rows)
    table.to_csv(output, index_label="clip")
    print(f"{output}: {len(table)} clips, {len(table.columns)} figures")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
