"""A call: a patient's browser, a doctor's, and between them the process that de-identifies.

The patient's pictures go to that process and nowhere else; only what comes back from there is sent
on. Nothing is written.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from enum import Enum
from time import monotonic
from typing import Any

import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, AudioResampler, VideoFrame

from mien.errors import ParameterError
from mien.live.calls.curtain import Curtain
from mien.live.calls.lag import Lag
from mien.live.calls.links import Link
from mien.live.calls.pace import LEAST, Pace
from mien.live.calls.remote import Remote
from mien.live.calls.tracks import RATE, PictureTrack, VoiceTrack
from mien.live.calls.voice import Voice, VoiceMode
from mien.live.calls.wire import Planes
from mien.live.doubt import Doubt
from mien.live.errors import Errors
from mien.live.settings import LiveSettings

_CLOCK = 90_000
_NONE = (16, 16)  # pixels of what the patient is sent where the doctor sends no picture
_LARGEST = 1280  # pixels of the longer side of what is de-identified


class Role(Enum):
    """Who somebody is."""

    PATIENT = "patient"
    DOCTOR = "doctor"

    @property
    def other(self) -> Role:
        """Whom they talk to."""
        return Role.DOCTOR if self is Role.PATIENT else Role.PATIENT


Begin = Callable[[LiveSettings, Callable[[Planes], None], Callable[[], None]], Remote]


class Call:
    """One call; all of it but `Remote` lives in one event loop.

    Parameters
    ----------
    settings : LiveSettings
        How the patient is de-identified.
    voice : VoiceMode
        What becomes of their voice.
    begin : callable, optional
        Starts the process that de-identifies.
    """

    def __init__(self, settings: LiveSettings, voice: VoiceMode, begin: Begin = Remote) -> None:
        self.id = secrets.token_hex(16)
        self.settings = settings
        self.links = {role: Link() for role in Role}
        """The address of each."""
        self.made = monotonic()
        self.ended = False
        self.admitted = False
        """Whether the doctor has let the patient in."""
        self.muted = {role: False for role in Role}
        """Who has switched their microphone off."""
        self.errors = Errors()
        self.curtain = Curtain(settings.late_s)
        self.late = 0
        """Pictures that came too late to be worked on."""
        self.came = 0
        """Pictures that came."""
        self.pace = Pace()
        """How many pictures the patient's page is asked for."""
        self.voice = Voice(voice, self.errors)
        self._begin = begin
        self._peers: dict[Role, RTCPeerConnection] = {}
        self._heard: dict[Role, VoiceTrack] = {}
        self._doctors_picture: PictureTrack | None = None
        self._remote: Remote | None = None
        self._begun = 0  # processes
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def remote(self) -> Remote | None:
        """The process that de-identifies, while there is one."""
        return self._remote

    def here(self, role: Role) -> bool:
        """Whether somebody is connected."""
        peer = self._peers.get(role)
        return peer is not None and peer.connectionState == "connected"

    async def join(self, role: Role, offer: str) -> str:
        """Connect a browser, in place of an earlier connection of the same one.

        Parameters
        ----------
        role : Role
            Who it is.
        offer : str
            What it sent, SDP. The patient's has sound, their camera, and a place for the doctor's
            picture; the doctor's has sound and a picture.

        Returns
        -------
        answer : str
            SDP.

        Raises
        ------
        ParameterError
            If it is none.
        """
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))  # nobody else is asked
        try:
            await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            wanted = ["audio", "video", "video"][: 3 if role is Role.PATIENT else 2]
            if [each.kind for each in peer.getTransceivers()] != wanted:
                raise ParameterError("The browser offers other tracks than the page asks for.")
        except Exception as exc:
            await peer.close()
            raise ParameterError("This is no offer of a browser: load the page again.") from exc
        await self.leave(role)
        self._peers[role] = peer
        if role is Role.PATIENT:
            self._start()
        self._connect(role, peer)
        await peer.setLocalDescription(await peer.createAnswer())
        return apart(str(peer.localDescription.sdp))

    def admit(self) -> None:
        """Let the patient in."""
        self.admitted = True
        self.curtain.open(Doubt.WAITING)

    def say(self, role: Role, muted: bool, hidden: bool, off: bool) -> None:
        """Somebody switched something, or left their page.

        Parameters
        ----------
        role : Role
            Who.
        muted, hidden, off : bool
            Whether their microphone is off, their page is not in front, their camera is off.
        """
        self.muted[role] = muted
        if role is Role.PATIENT:
            for doubt, so in ((Doubt.HIDDEN, hidden), (Doubt.OFF, off)):
                (self.curtain.close if so else self.curtain.open)(doubt)

    async def leave(self, role: Role) -> None:
        """End somebody's connection; they may join again."""
        peer = self._peers.pop(role, None)
        self._heard.pop(role, None)
        if role is Role.PATIENT:
            self.curtain.close(Doubt.AWAY)
            remote, self._remote = self._remote, None
            if remote is not None:
                await asyncio.to_thread(remote.close)
        else:
            self.curtain.doctor = None
        if peer is not None:
            await peer.close()

    async def end(self) -> None:
        """End it for everybody; nobody can join any more."""
        self.ended = True
        for role in Role:
            await self.leave(role)
        for task in self._tasks:
            task.cancel()

    def state(self, role: Role | None = None) -> dict[str, Any]:
        """Where it stands, for one of them or, with None, for whoever made it."""
        curtain, remote = self.curtain, self._remote
        doubt = curtain.own if role is Role.PATIENT else curtain.doubt
        return {
            "ended": self.ended,
            "admitted": self.admitted,
            "here": {each.value: self.here(each) for each in Role},
            "muted": {each.value: self.muted[each] for each in Role},
            "covered": None if doubt is None else doubt.value,
            "working": remote is not None,
            "pictures_a_second": self._asked() if role is Role.PATIENT else None,
            "voice": self.voice.mode.value,
        }

    def counts(self) -> dict[str, Any]:
        """What became of the pictures."""
        dropped = 0 if self._remote is None else self._remote.dropped
        return {
            "in": self.came,
            "shown": self.curtain.shown,
            "covered_because": dict(sorted(self.curtain.covered.items())),
            "late": self.late,
            "dropped": dropped,
            "errors": self.errors.as_list(),
        }

    def _start(self) -> None:
        loop = asyncio.get_running_loop()

        self._begun = number = self._begun + 1

        # the process may give a last picture after the server has ended: nobody is there to see it
        def shown(picture: Planes) -> None:
            if self._begun == number and not loop.is_closed():
                loop.call_soon_threadsafe(self._take, picture)

        def gone() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._lost, number)

        self._remote = self._begin(self.settings, shown, gone)

    def _asked(self) -> int:
        """Pictures a second that the patient's page is asked for."""
        if self.curtain.own is Doubt.CHOOSING:  # which needs the processor, and hardly any pictures
            return LEAST
        return self.pace.asked(monotonic())

    def _take(self, picture: Planes) -> None:
        """A picture that may be shown."""
        self.pace.count(monotonic())
        self.curtain.take(picture)

    def _lost(self, number: int) -> None:
        """The process has ended: what is shown from here on is covered."""
        if number == self._begun and self._remote is not None:
            said = self._remote.said.strip()[-160:]
            self._remote = None
            self.errors.add("process", RuntimeError(said or "it was ended"))
            self.curtain.lose(Doubt.GONE)

    def _connect(self, role: Role, peer: RTCPeerConnection) -> None:
        """Say what each track of a connection sends, and take what comes by it."""
        heard = self._heard[role] = VoiceTrack()
        if role is Role.PATIENT:
            self._doctors_picture = PictureTrack(self.settings.late_s, None, _NONE)
            sent: list[MediaStreamTrack] = [
                heard, self.curtain.open_to_patient(), self._doctors_picture
            ]  # fmt: skip
        else:
            sent = [heard, self.curtain.open_to_doctor()]
        for transceiver, track in zip(peer.getTransceivers(), sent, strict=True):
            transceiver.sender.replaceTrack(track)
            transceiver.direction = "sendrecv"
        sound, picture = (each.receiver.track for each in peer.getTransceivers()[:2])
        if sound is not None:
            self._follow(self._listen(role, peer, sound))
        if picture is not None:
            see = self._see if role is Role.PATIENT else self._see_doctor
            self._follow(see(peer, picture))

        @peer.on("connectionstatechange")
        async def changed() -> None:
            if self._peers.get(role) is not peer:
                return
            if peer.connectionState == "connected" and role is Role.PATIENT:
                self.curtain.open(Doubt.AWAY)
            elif peer.connectionState in ("failed", "closed"):
                await self.leave(role)

    def _follow(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _see(self, peer: RTCPeerConnection, track: MediaStreamTrack) -> None:
        """The patient's camera: to the process, and nowhere else."""
        lag = Lag()
        while self._peers.get(Role.PATIENT) is peer:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, VideoFrame)
            self.came += 1
            now, pts = monotonic(), int(frame.pts or 0)
            if lag.of(pts / _CLOCK, now) > self.settings.late_s:
                self.late += 1
            elif self._remote is not None:
                self._remote.offer(planes(frame, pts, now))

    async def _see_doctor(self, peer: RTCPeerConnection, track: MediaStreamTrack) -> None:
        """The doctor's camera, as it is: to the patient, once they are let in."""
        while self._peers.get(Role.DOCTOR) is peer:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, VideoFrame)
            if self.admitted and self._doctors_picture is not None:
                self._doctors_picture.show(planes(frame, 0, 0.0).rows())

    async def _listen(self, role: Role, peer: RTCPeerConnection, track: MediaStreamTrack) -> None:
        """Somebody's microphone: to the other one, once the patient is let in."""
        resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
        while self._peers.get(role) is peer:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, AudioFrame)
            samples = np.concatenate([f.to_ndarray()[0] for f in resampler.resample(frame)] or [[]])
            samples = samples.astype(np.int16)
            to = self._heard.get(role.other)
            if not self.admitted or to is None or self.muted[role]:
                continue
            if role is Role.PATIENT:
                samples = await asyncio.to_thread(self.voice.change, samples)
            to.play(samples)


def apart(sdp: str) -> str:
    """An answer in which each track is a stream of its own.

    Browsers hold the tracks of one stream together: pictures would wait for the sound, which waits
    in buffers for ever longer where a computer is busy.
    """
    return re.sub(r"(?m)^a=msid:\S+ (\S+)", r"a=msid:\1 \1", sdp)


def planes(frame: VideoFrame, pts: int, came: float) -> Planes:
    """A decoded picture for the pipe, with even sides, 1,280 pixels at most."""
    scale = min(1.0, _LARGEST / max(frame.width, frame.height))
    width, height = (max(2, round(side * scale) // 2 * 2) for side in (frame.width, frame.height))
    if (width, height) != (frame.width, frame.height) or frame.format.name != "yuv420p":
        frame = frame.reformat(width=width, height=height, format="yuv420p")
    return Planes(frame.to_ndarray().tobytes(), width, height, pts, came)
