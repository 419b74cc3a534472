"""Draw the small pictures by which people choose a surrogate in the application.

    python scripts/build_surrogate_pictures.py [-o FOLDER]

One square JPEG for each composite of the bank that ships with mien; run it when that is built anew.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from mien.surrogates.bank import Bank
from mien.surrogates.portrait import portrait

SIDE = 200  # pixels
GROUND = 226  # a grey that suits light and dark pages
QUALITY = 80
PICTURES = Path("src/mien/assets/surrogates/pictures")


def picture(name: str, bank: Bank) -> bytes:
    """A surrogate as a JPEG of SIDE × SIDE pixels."""
    image, _ = portrait(bank.load(name), SIDE, SIDE, ground=GROUND)
    _, coded = cv2.imencode(
        ".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    )
    return coded.tobytes()


def build(folder: Path) -> None:
    """Write the pictures of the whole bank; those of composites that are gone are removed."""
    bank = Bank.open()
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.jpg"):
        if path.stem not in bank.cards:
            path.unlink()
    for name in bank.cards:
        (folder / f"{name}.jpg").write_bytes(picture(name, bank))


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("src/mien/assets/surrogates/pictures")
    )
    build(parser.parse_args().out)


if __name__ == "__main__":
    main()
