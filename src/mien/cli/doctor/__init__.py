"""`mien doctor`: what works on this machine, what does not, and what to do about it."""

from mien.cli.doctor.command import doctor

__all__ = ["doctor"]
