"""Pictures of high dynamic range (HLG, PQ), brought to what every screen shows.

Telephones record them by default. Their numbers mean other amounts of light than those of ordinary
video: shown as they are they look grey, and a face drawn for ordinary video looks like wax in them.
"""

from __future__ import annotations

import numba
import numpy as np

WHITE_NITS = 203.0
"""Light of a white sheet in HDR, cd/m² (ITU-R BT.2408-7, 2.1); becomes the brightest there is."""
PEAK_NITS = 1000.0
"""Brightest light that is told apart, cd/m²: the nominal peak of HLG (ITU-R BT.2100-2, table 5)."""

_STEPS = 4096  # of the tables by light; they are even in the square root, as eyes nearly are
# BT.2020 to BT.709, linear (ITU-R BT.2087-0)
_TO_709 = np.array(
    [
        [1.660491, -0.587641, -0.072850],
        [-0.124550, 1.132900, -0.008349],
        [-0.018151, -0.100579, 1.118730],
    ],
    np.float32,
)


class ToStandardRange:
    """Brings pictures in BT.2020 with one transfer curve to BT.709.

    Light is that of the screen for which the picture was made, so skin keeps its brightness; what
    is brighter than about half of white is pressed together by the curve of ITU-R BT.2390-11, 5.4.

    Parameters
    ----------
    transfer : str
        ``"arib-std-b67"`` (HLG) or ``"smpte2084"`` (PQ).
    """

    def __init__(self, transfer: str) -> None:
        signal = np.linspace(0, 1, 65536)
        self._is_hlg = transfer == "arib-std-b67"
        light = _hlg_scene(signal) if self._is_hlg else _pq_nits(signal) / PEAK_NITS
        self._light = light.astype(np.float32)
        root = np.linspace(0, 1, _STEPS)
        nits = np.maximum(root**2 * PEAK_NITS, 1e-9)
        self._gain = (_pressed(nits) / nits * PEAK_NITS / WHITE_NITS).astype(np.float32)
        # a screen turns numbers into light by a power of 2.4 (ITU-R BT.1886)
        self._code = (255 * root ** (2 / 2.4)).astype(np.float32)

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """Convert a picture.

        Parameters
        ----------
        picture : np.ndarray [shape=(height, width, 3), uint16]
            BT.2020 RGB as coded, full range.

        Returns
        -------
        picture : np.ndarray [shape=(height, width, 3), uint8]
            BT.709 RGB as coded, full range.
        """
        out = np.empty(picture.shape, np.uint8)
        _convert(picture, self._light, self._is_hlg, self._gain, self._code, _TO_709, out)
        return out


def _hlg_scene(signal: np.ndarray) -> np.ndarray:
    """Light of the scene, 0 to 1, for an HLG signal (ITU-R BT.2100-2, table 5)."""
    a = 0.17883277
    b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)


_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32


def _pq_nits(signal: np.ndarray) -> np.ndarray:
    """Light of the screen, cd/m², for a PQ signal (ITU-R BT.2100-2, table 4)."""
    root = signal ** (1 / _M2)
    return 10000 * (np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1)


def _pq_signal(nits: np.ndarray | float) -> np.ndarray:
    """The PQ signal of a light, cd/m²; the inverse of `_pq_nits`."""
    root = (np.asarray(nits) / 10000) ** _M1
    return ((_C1 + _C2 * root) / (1 + _C3 * root)) ** _M2


def _pressed(nits: np.ndarray) -> np.ndarray:
    """Light, cd/m², pressed below `WHITE_NITS` (ITU-R BT.2390-11, 5.4)."""
    most = _pq_signal(PEAK_NITS)
    white = _pq_signal(WHITE_NITS) / most
    signal = np.minimum(_pq_signal(nits) / most, 1)
    knee = 1.5 * white - 0.5
    t = (signal - knee) / (1 - knee)
    bent = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (-2 * t**3 + 3 * t**2) * white
    )
    return _pq_nits(np.where(signal < knee, signal, bent) * most)


@numba.njit(cache=True, nogil=True, fastmath=True)
def _convert(
    picture: np.ndarray,
    light: np.ndarray,
    is_hlg: bool,
    gain: np.ndarray,
    code: np.ndarray,
    to_709: np.ndarray,
    out: np.ndarray,
) -> None:
    last = np.float32(len(gain) - 1)
    for row in range(picture.shape[0]):
        for column in range(picture.shape[1]):
            r = light[picture[row, column, 0]]
            g = light[picture[row, column, 1]]
            b = light[picture[row, column, 2]]
            if is_hlg:  # from the scene to a screen of PEAK_NITS: a power of 1.2 of the luminance
                luminance = np.float32(0.2627) * r + np.float32(0.678) * g + np.float32(0.0593) * b
                shown = max(luminance, np.float32(1e-9)) ** np.float32(0.2)
                r, g, b = r * shown, g * shown, b * shown
            brightest = min(max(r, g, b), np.float32(1))
            press = gain[int(np.sqrt(brightest) * last + np.float32(0.5))]
            r, g, b = r * press, g * press, b * press
            for k in range(3):
                value = to_709[k, 0] * r + to_709[k, 1] * g + to_709[k, 2] * b
                value = np.sqrt(min(max(value, np.float32(0)), np.float32(1)))
                out[row, column, k] = np.uint8(code[int(value * last + np.float32(0.5))] + 0.5)
