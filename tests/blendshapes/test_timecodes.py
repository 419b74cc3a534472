"""Timecodes become times: at the rate they are counted in, over minutes and midnight."""

from __future__ import annotations

import numpy as np
import pytest

from mien.blendshapes.formats.timecodes import times_of
from mien.errors import FormatError, ParameterError


def drop_frame(count: int, rate: int) -> list[str]:
    """Drop-frame timecodes of the first frames of a day, by walking through the numbers."""
    codes, number = [], 0
    while len(codes) < count:
        seconds, frame = divmod(number, rate)
        hours, minutes = seconds // 3600, seconds // 60 % 60
        number += 1
        if minutes % 10 and seconds % 60 == 0 and frame < {30: 2, 60: 4}[rate]:
            continue
        codes.append(f"{hours:02d}:{minutes:02d}:{seconds % 60:02d};{frame:02d}")
    return codes


def times(*codes: str, rate: float | None = None) -> tuple[np.ndarray, float]:
    return times_of(codes, range(2, 2 + len(codes)), rate)


def test_the_rate_is_the_lowest_that_fits():
    found, rate = times("23:59:58:00.000", "23:59:59:23.500", "00:00:00:00.000")
    assert rate == 24 and np.allclose(found, [0, 1 + 23.5 / 24, 2])
    assert times("10:00:00:00", "10:00:01:23.5", rate=30)[0][1] == pytest.approx(1 + 23.5 / 30)
    assert times("10:00:00:03.000", "10:00:00:06.000")[0][1] == pytest.approx(
        3 / 60
    )  # too short to tell


@pytest.mark.parametrize("rate", [30, 60])
def test_no_gap_where_drop_frame_leaves_numbers_out(rate):
    codes = drop_frame(11 * 60 * rate, rate)
    for given in (None, float(rate), rate / 1.001, round(rate / 1.001, 2)):
        found, counted = times(*codes, rate=given)
        assert counted == pytest.approx(rate / 1.001, abs=1e-12)
        assert np.allclose(np.diff(found), 1.001 / rate, atol=1e-9)


def test_drop_frame_passes_midnight():
    found, rate = times("23:59:59;29", "00:00:00;00", "00:00:00;01", rate=29.97)
    assert np.allclose(found * rate, [0, 1, 2])


def test_a_semicolon_means_nothing_where_no_number_is_left_out():
    codes = [f"10:{k // 3600:02d}:{k // 60 % 60:02d}:{k % 60:02d}" for k in range(3400, 3700)]
    plain, found = times(*codes), times(*(f"{code[:8]};{code[9:]}" for code in codes))
    assert found[1] == plain[1] == 60 and np.array_equal(found[0], plain[0])


def test_29_97_without_dropping():
    found, rate = times("10:00:59:29", "10:01:00:00", rate=30 / 1.001)
    assert found[1] == pytest.approx(1.001 / 30) and rate == 30 / 1.001


def test_what_cannot_be():
    with pytest.raises(FormatError, match="Line 3: frame 30 cannot be at 25 fps"):
        times("10:00:00:00", "10:00:00:30", rate=25)
    with pytest.raises(ParameterError, match="semicolon"):
        times("10:00:00;00", "10:00:00;01", rate=25)
    with pytest.raises(ParameterError, match="1 to 1000"):
        times("10:00:00:00", rate=0)
    with pytest.raises(FormatError, match="Line 3: 10:00:00:01 is earlier"):
        times("10:00:00:02", "10:00:00:01")
