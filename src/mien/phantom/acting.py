"""People of a phantom who follow a course of expressions and speech, and somebody who passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from mien.encounter.observation import ROLES
from mien.face.model import FaceModel
from mien.phantom.curves import Curves, smooth
from mien.phantom.encounter_script import POSED, EncounterScript
from mien.phantom.expression import add_speech
from mien.phantom.head import Head, build_head
from mien.phantom.identity import identity
from mien.phantom.motion import Motion, motion_of
from mien.phantom.render import Phantom
from mien.phantom.scene import person_truth, timestamps
from mien.phantom.script import Script
from mien.phantom.truth import Truth

_RAMP_S = 0.3  # how long a face takes to change; it is halfway at the scripted moment
_SIZE_OF_GUEST = 0.75  # of the pair's heads


class Act:
    """Gives a person's motion the expressions and the speech of a script."""

    def __init__(self, script: EncounterScript, role: str, start: float) -> None:
        self.script, self.role, self.start = script, role, start

    def __call__(self, motion: Motion) -> Motion:
        script, model = self.script, FaceModel.load()
        curves = Curves(model, len(motion.time))
        time = motion.time + self.start
        for begin, end, name in getattr(script, self.role):
            amount = np.minimum(
                smooth((time - begin) / _RAMP_S + 0.5), smooth((end - time) / _RAMP_S + 0.5)
            )
            for shape, value in _mix(POSED[name], model).items():
                curves.add(shape, script.strength * value * amount)
        resting = curves.beta.sum(1) < 0.05
        spoken = Curves(model, len(motion.time))
        for number, (begin, end) in enumerate(getattr(script, f"{self.role}_speaks")):
            if time[-1] < begin or time[0] > end:
                continue
            speech = Script(
                seconds=script.seconds + abs(script.offset) + 1,
                speech=(begin, end),
                seed=1000 * script.seed + 10 * number + ROLES.index(self.role),
            )
            add_speech(speech, time, spoken)
        mild = np.where(resting, 0.6, 0.35)[:, None]  # a face that expresses something speaks less
        beta = np.clip(motion.beta + curves.beta + mild * spoken.beta, 0, 1)
        return replace(motion, beta=beta)


def _mix(names: Mapping[str, float], model: FaceModel) -> dict[str, float]:
    """Blendshapes of both sides."""
    weights = {}
    for name, value in names.items():
        whole = [name] if name in model.expression_names else [f"{name}Left", f"{name}Right"]
        weights.update(dict.fromkeys(whole, value))
    return weights


class Acted(Phantom):
    """A phantom whose people follow a course each, and behind whom somebody may pass."""

    def __init__(
        self,
        script: Script,
        acts: Sequence[Act],
        passer_by: tuple[float, float] | None = None,
    ) -> None:
        super().__init__(script)
        self._acts = acts
        self._passer_by = passer_by

    @cached_property
    def truth(self) -> Truth:
        """What is true of every frame; a passer-by is the last of the people."""
        time_base, pts = timestamps(self.script)
        time = pts * float(time_base)
        model = FaceModel.load()
        people = [
            person_truth(
                self.script, number, act(motion_of(self.script, number, time, model)), model
            )
            for number, act in enumerate(self._acts)
        ]
        if self._passer_by is not None:
            guest = self._guest
            people.append(
                person_truth(guest, 0, self._walk(motion_of(guest, 0, time, model)), model)
            )
        script = self.script
        return Truth(
            script.width, script.height, time_base, pts, model.expression_names, tuple(people)
        )

    @cached_property
    def _guest(self) -> Script:
        return replace(
            self.script, people=1, face=(), seed=self.script.seed + 7919, other_absent=()
        )

    @cached_property
    def heads(self) -> list[Head]:
        """Everybody's; that of a passer-by is the last."""
        made = super().heads
        if self._passer_by is None:
            return made
        rng = np.random.default_rng([self._guest.seed, 0, *b"looks"])
        faces, alpha = identity(self._guest, 0)
        return [*made, build_head(faces, alpha, rng)]

    def _walk(self, motion: Motion) -> Motion:
        """From one side of the picture to the other, behind and above the pair."""
        assert self._passer_by is not None
        start, end = self._passer_by
        width, height = self.script.width, self.script.height
        size = _SIZE_OF_GUEST * min(0.19 * height, 0.14 * width)
        way = (motion.time - start) / (end - start)
        x = -3 * size + way * (width + 6 * size)
        x = np.where((way < 0) | (way > 1), -20 * size, x)
        shift = motion.translation - motion.translation.mean(0)
        place = np.column_stack([x, np.full(len(x), 0.2 * height), np.full(len(x), 4 * width)])
        scale = motion.scale / motion.scale.mean() * size
        return replace(motion, scale=scale, translation=place + 0.3 * shift)
