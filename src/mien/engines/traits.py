"""What is known of an engine without loading it: by this it is told from others, never by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Traits:
    """What an engine does to a face, for programs and for people."""

    keeps_motion: bool
    """Whether the result moves as the face did; otherwise no movement of it is promised."""
    hides_face: bool
    """Whether such faces hide who it was; False for those that people and programs have
    recognised."""
    needs_surrogate: bool
    """Whether somebody else's face is given, which has to be chosen first."""
    live: bool
    """Whether a frame can be drawn as it comes, without those after it."""
    words: str
    """What a face becomes, for people, as in ``every face: ...``."""
    done: str = "changed"
    """The same as a participle, as in ``the face was ...``."""
    in_full: str = ""
    """The same for those who read nothing else, as in ``every face was ...``; empty for `done`."""
    shows_face: bool = True
    """Whether a face, anybody's, is still seen in the result."""
    shows_hands: bool = False
    """Whether hands over a face are shown as they are, if it is told where they are."""


MESH = Traits(
    keeps_motion=True,
    hides_face=True,
    needs_surrogate=True,
    live=True,
    words="another face that moves as was measured",
    done="replaced",
    in_full="replaced by one that is nobody's",
    shows_hands=True,
)
MOTION = Traits(
    keeps_motion=True,
    hides_face=True,
    needs_surrogate=True,
    live=True,
    words="another face that a network moves as the patient moved",
    done="replaced",
    in_full="replaced by one that is nobody's",
)
GAN = Traits(
    keeps_motion=True,
    hides_face=True,
    needs_surrogate=True,
    live=True,
    words="another face that a network draws over the patient's",
    done="replaced",
    in_full="replaced by one that is nobody's",
)
MASK = Traits(
    keeps_motion=False,
    hides_face=True,
    needs_surrogate=False,
    live=True,
    words="a solid mask, which shows no movement of the face",
    done="masked",
    in_full="hidden under a solid mask",
    shows_face=False,
)
BLUR = Traits(
    keeps_motion=False,
    hides_face=False,
    needs_surrogate=False,
    live=True,
    words="blurred, which leaves little of its movement",
    done="blurred",
)
PIXELATE = Traits(
    keeps_motion=False,
    hides_face=False,
    needs_surrogate=False,
    live=True,
    words="pixelated, which leaves little of its movement",
    done="pixelated",
)
UNKNOWN = Traits(
    keeps_motion=False,
    hides_face=True,
    needs_surrogate=False,
    live=False,
    words="changed by this method",
)
"""Of an engine that is not registered here, as a manifest may name one: nothing is said for it, and
nothing against it."""
