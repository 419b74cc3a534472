"""Calls from browser to browser: the doctor gets what the process gave, or a covered picture."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest

pytest.importorskip("aiortc", reason="aiortc is not installed: make live")

from aioice import Connection
from calls import pictures
from peers import Held, painter, until

from mien.errors import ParameterError
from mien.live.calls.call import Call, Role
from mien.live.calls.remote import Remote
from mien.live.calls.voice import VoiceMode
from mien.live.calls.wire import planes_of
from mien.live.doubt import Doubt
from mien.live.settings import LiveSettings


def run(call):
    """Run in a thread of its own: a browser's test may have left a loop running in this one."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, call).result()


def loudest(peer) -> float:
    """The loudest piece of sound that somebody heard, root mean square."""
    return max(peer.loud, default=0.0)


def test_the_doctor_sees_what_the_process_gave_and_nothing_else():
    async def hold():
        async with Held(painter()) as held:
            await held.talk()
            await until(lambda: held.doctor.seen.count("blue") > 20)
            await until(lambda: held.patient.seen.count("blue") > 5)
            return held

    held = run(hold())
    assert "red" not in held.doctor.seen + held.patient.seen
    assert held.call.counts()["shown"] > 20 and held.call.ended


def test_pictures_do_not_wait_for_the_sound():
    """Browsers hold together what is said to be of one stream."""

    async def call():
        async with Held(painter()) as held:
            await held.talk()
            for peer in (held.patient, held.doctor):
                tracks = [line for line in peer.answer.splitlines() if line.startswith("a=msid:")]
                streams = {line.split(":")[1].split()[0] for line in tracks}
                assert len(tracks) == len(streams) == peer.answer.count("\nm=") > 1

    run(call())


def test_whoever_counts_would_see_an_original():
    async def hold():
        async with Held(painter(None)) as held:
            await held.talk()
            await until(lambda: "red" in held.doctor.seen)

    run(hold())


def test_in_the_waiting_room_nothing_is_seen_or_heard():
    async def hold():
        async with Held(painter()) as held:
            await held.doctor.join(held.call)
            await until(lambda: len(held.doctor.seen) > 2 and "blue" in held.patient.seen)
            waited = list(held.doctor.seen), list(held.doctor.loud), held.call.state()
            held.call.admit()
            await until(lambda: "blue" in held.doctor.seen and loudest(held.doctor) > 500)
            return waited

    seen, loud, state = run(hold())
    assert set(seen) == {"none"} and not loud
    assert state["covered"] == "waiting" and not state["admitted"]


def test_a_process_that_is_killed_covers_the_next_picture():
    async def hold():
        async with Held(painter()) as held:
            await held.talk()
            await until(lambda: held.doctor.seen.count("blue") > 5)
            os.kill(held.call.remote.pid, signal.SIGKILL)
            await until(lambda: held.call.remote is None)
            assert held.call.state()["covered"] == "stopped"
            await until(lambda: held.doctor.seen[-1] == "none" == held.patient.seen[-1])
            since = len(held.doctor.seen)
            await until(lambda: len(held.doctor.seen) > since + 1)  # and stays so
            return held, since

    held, since = run(hold())
    assert set(held.doctor.seen[since:]) == {"none"} and "red" not in held.doctor.seen
    assert held.call.counts()["errors"][0]["stage"] == "process"


def test_a_process_that_hangs_is_covered_as_late():
    async def hold():
        async with Held(painter()) as held:
            await held.talk()
            await until(lambda: held.doctor.seen.count("blue") > 5)
            os.kill(held.call.remote.pid, signal.SIGSTOP)
            try:
                await until(lambda: held.doctor.seen[-1] == "none")
            finally:
                os.kill(held.call.remote.pid, signal.SIGCONT)
            await until(lambda: held.doctor.seen[-1] == "blue")
            return held

    held = run(hold())
    assert "red" not in held.doctor.seen


@pytest.mark.parametrize("switched", ["hidden", "off"])
def test_a_page_that_is_hidden_and_a_camera_that_is_off(switched):
    async def hold():
        async with Held(painter()) as held:
            await held.talk()
            await until(lambda: held.doctor.seen.count("blue") > 5)
            held.call.say(
                Role.PATIENT, **{"muted": False, "hidden": False, "off": False, switched: True}
            )
            await until(lambda: held.doctor.seen[-1] == "none")
            since = len(held.doctor.seen)
            await until(lambda: len(held.doctor.seen) > since + 1)
            covered = held.doctor.seen[since:]
            held.call.say(Role.PATIENT, muted=False, hidden=False, off=False)
            await until(lambda: held.doctor.seen[-1] == "blue")
            return covered

    assert set(run(hold())) == {"none"}


def test_a_patient_who_goes_and_comes_back():
    async def hold():
        async with Held(painter()) as held:
            await held.talk()
            await until(lambda: held.doctor.seen.count("blue") > 5)
            await held.call.leave(Role.PATIENT)
            await until(lambda: held.doctor.seen[-1] == "none")
            assert held.call.state()["covered"] == "away" and held.call.remote is None
            again = type(held.patient)(Role.PATIENT)
            await again.join(held.call)
            await until(lambda: held.doctor.seen[-1] == "blue")
            await again.close()
            return held.doctor.seen

    assert "red" not in run(hold())


def test_one_packet_in_twenty_is_lost(monkeypatch):
    receive, chance = Connection.recvfrom, random.Random(1)

    async def losing(self):
        found = await receive(self)
        while chance.random() < 0.05:
            found = await receive(self)
        return found

    async def hold():
        async with Held(painter()) as held:
            await held.talk()
            await until(lambda: held.doctor.seen.count("blue") > 5)
            monkeypatch.setattr(Connection, "recvfrom", losing)
            since = len(held.doctor.seen)
            await until(lambda: held.doctor.seen[since:].count("blue") > 10)
            return held.doctor.seen + held.patient.seen

    assert "red" not in run(hold())


@pytest.mark.parametrize("mode", list(VoiceMode))
def test_a_voice_is_changed_kept_or_not_sent(mode):
    async def hold():
        async with Held(painter(), mode) as held:
            await held.talk()
            await until(lambda: loudest(held.patient) > 500)
            if mode is not VoiceMode.MUTED:
                await until(lambda: loudest(held.doctor) > 500)
            return held.doctor.loud

    loud = run(hold())
    assert bool(loud) == (mode is not VoiceMode.MUTED)


def test_whatever_the_real_process_gives_is_no_original():
    faces, got, gone, came = pictures(seconds=2.0), [], [], Event()

    def shown(picture):
        got.append(picture)
        came.set()

    settings = LiveSettings(calibrate_s=1, candidates=1, probes=2, late_s=60)  # busy computers
    remote = Remote(settings, shown, lambda: gone.append(1))
    try:
        for number in range(1500):  # the next one when one came back, or none did for a while
            remote.offer(planes_of(faces[number % len(faces)], 6000 * number, None))
            came.wait(0.5)
            came.clear()
            if sum(each.doubt is None for each in got) >= 10:
                break
    finally:
        remote.close()
    assert got and not gone, remote.said
    assert got[0].doubt is Doubt.CALIBRATING
    assert any(each.doubt is None for each in got)  # or nothing was shown that could be one
    for each in got:
        original = faces[each.pts // 6000 % len(faces)].astype(int)
        face = original[110:210, 110:210], each.rgb()[110:210, 110:210]
        assert np.abs(face[0] - face[1]).mean() > 6  # converting colours changes less than 3


def test_what_is_no_offer_is_refused_and_starts_nothing():
    begun = []

    async def ask():
        call = Call(LiveSettings(), VoiceMode.CHANGED, lambda *_: begun.append(1))
        with pytest.raises(ParameterError, match="no offer"):
            await call.join(Role.PATIENT, "v=0\r\n")
        await call.end()
        return call

    call = run(ask())
    assert not begun and call.curtain.doubt is Doubt.WAITING


def test_a_link_belongs_to_the_browser_that_came_first():
    link = Call(LiveSettings(), VoiceMode.CHANGED).links[Role.DOCTOR]
    assert not link.taken and not link.held_by(None)
    secret = link.take(None)
    assert secret and link.take(secret) == secret
    assert link.take(None) is None and link.take("x") is None and link.held_by(secret)


def test_both_links_differ():
    links = Call(LiveSettings(), VoiceMode.CHANGED).links
    assert len({link.token for link in links.values()}) == 2
    assert np.all([len(link.token) >= 32 for link in links.values()])
