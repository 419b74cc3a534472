"""Uploads that end before they are whole."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.requests import ClientDisconnect

from mien.web.http.problems import Problem
from mien.web.http.uploads import receive


async def broken_off():
    yield b"half of a vi"
    raise ClientDisconnect


def test_an_upload_that_breaks_off_is_a_sentence(tmp_path):
    with pytest.raises(Problem, match="broken off") as found:
        with ThreadPoolExecutor(1) as thread:  # a browser may keep a loop running in this one
            coming = receive(broken_off(), None, 1000, tmp_path / "place")
            thread.submit(asyncio.run, coming).result()
    assert (found.value.status, found.value.code) == (400, "broken_off")
