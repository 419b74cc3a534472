"""How little a result is looked at where what is made of it is not what is tested."""

from mien.pipeline.settings import Thoroughness

FEWER = Thoroughness(samples=8, gallery=8, checked=3)
