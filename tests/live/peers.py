"""Two browsers of a call without a browser, and a process that draws without a network."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from time import monotonic

import numpy as np
from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, MediaStreamTrack
from av import AudioFrame, VideoFrame

from mien.live.calls.call import Call, Role
from mien.live.calls.remote import Remote
from mien.live.calls.voice import VoiceMode
from mien.live.settings import LiveSettings

RED, BLUE = (200, 30, 30), (30, 30, 200)
_LONGEST_S = 300.0
_PAINTER = """
import sys
import numpy as np
from mien.live.calls.wire import planes_of, receive, send
colour = {colour}
while (picture := receive(sys.stdin.buffer)) is not None:
    image = np.empty((picture.height, picture.width, 3), np.uint8)
    image[:] = colour
    {also}
    send(sys.stdout.buffer, planes_of(image if colour else picture.rgb(), picture.pts, None))
"""


def painter(colour: tuple[int, int, int] | None = BLUE, also: str = "") -> Callable[..., Remote]:
    """Begins a process that paints every picture; with None it gives back what it got."""
    code = _PAINTER.format(colour=colour, also=also)
    if colour is None:
        code = code.replace("image[:] = colour", "pass")
    return partial(Remote, command=(sys.executable, "-c", code))


def colour(image: np.ndarray) -> str:
    """What a picture mostly shows: `red`, `blue` or `none`."""
    mean = image[: len(image) // 2].reshape(-1, 3).mean(axis=0)
    for name, known in (("red", RED), ("blue", BLUE)):
        if np.abs(mean - known).max() < 40:
            return name
    return "none"


class Camera(MediaStreamTrack):
    """A camera before which everything is red; its timestamps are when pictures were taken."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._began = monotonic()

    async def recv(self) -> VideoFrame:
        await asyncio.sleep(1 / 20)
        pts = int(90_000 * (monotonic() - self._began))  # an encoder ends at one before its first
        image = np.empty((120, 160, 3), np.uint8)
        image[:] = RED
        image[:4, : pts // 3000 % 160] = 0  # no two pictures are alike
        frame = VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts, frame.time_base = pts, Fraction(1, 90_000)
        return frame


class Tone(AudioStreamTrack):
    """A microphone that hears a tone."""

    async def recv(self) -> AudioFrame:
        frame = await super().recv()
        time = (frame.pts + np.arange(frame.samples)) / frame.sample_rate
        tone = (8000 * np.sin(2 * np.pi * 440 * time)).astype(np.int16)
        made = AudioFrame.from_ndarray(tone[None], format="s16", layout="mono")
        made.sample_rate, made.pts, made.time_base = frame.sample_rate, frame.pts, frame.time_base
        return made


class Peer:
    """One of the two, and everything that it saw and heard."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.seen: list[str] = []
        """Of every picture that came, what it showed."""
        self.loud: list[float] = []
        """Of every piece of sound, its root mean square."""
        self.answer = ""
        """What the server answered, SDP."""
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._tasks: list[asyncio.Task[None]] = []

    async def join(self, call: Call) -> None:
        """Connect to a call."""
        peer = self._peer
        peer.addTransceiver(Tone(), direction="sendrecv")
        if self.role is Role.PATIENT:
            peer.addTransceiver(Camera(), direction="sendrecv")
            peer.addTransceiver("video", direction="recvonly")
        else:
            peer.addTransceiver("video", direction="recvonly")
        await peer.setLocalDescription(await peer.createOffer())
        answer = self.answer = await call.join(self.role, peer.localDescription.sdp)
        await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        for number, each in enumerate(peer.getTransceivers()[:2]):
            take = self._hear if number == 0 else self._see
            self._tasks.append(asyncio.create_task(take(each.receiver.track)))

    async def close(self) -> None:
        """Go away without a word."""
        await self._peer.close()
        for task in self._tasks:
            task.cancel()

    async def _see(self, track) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            self.seen.append(colour(frame.to_ndarray(format="rgb24")))

    async def _hear(self, track) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            samples = frame.to_ndarray().astype(float)
            self.loud.append(float(np.sqrt(np.mean(samples**2))))


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that shall happen."""
    end = monotonic() + _LONGEST_S
    while not condition():
        assert monotonic() < end, "it did not happen"
        await asyncio.sleep(0.02)


class Held:
    """A call with a patient in it, as a context."""

    def __init__(self, begin: Callable[..., Remote], voice: VoiceMode = VoiceMode.KEPT) -> None:
        # busy computers that run tests are slow, and that is not what is tested
        self.call = Call(LiveSettings(late_s=5.0), voice, begin)
        self.patient, self.doctor = Peer(Role.PATIENT), Peer(Role.DOCTOR)

    async def __aenter__(self) -> Held:
        await self.patient.join(self.call)
        await until(lambda: self.call.here(Role.PATIENT))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.patient.close()
        await self.doctor.close()
        await self.call.end()

    async def talk(self) -> None:
        """The doctor joins, and lets the patient in."""
        await self.doctor.join(self.call)
        self.call.admit()
