"""How little a result is looked at where what is made of it is not what is tested."""

from dataclasses import replace

from mien.pipeline.settings import Thoroughness

FEWER = Thoroughness(samples=8, candidates=2, probes=2, gallery=8, checked=3, asked=0, watch_s=1.0)
WATCHED = replace(FEWER, watch_s=Thoroughness.watch_s)
"""The same where the detectors that look last are tested."""
