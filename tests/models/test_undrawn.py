"""MediaPipe comes without Matplotlib, and is whole for whoever asks for it."""

import subprocess
import sys

_SCRIPT = """
import sys
from mien.models import undrawn
library = undrawn.mediapipe()
print("matplotlib" in sys.modules)
import mediapipe
print(mediapipe is library, library.solutions.drawing_utils.DrawingSpec().thickness)
print("matplotlib" in sys.modules, sys.meta_path[0].__class__.__name__)
"""


def test_what_draws_is_imported_once_it_is_used():
    found = subprocess.run(
        [sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True
    )
    first, second, third = found.stdout.splitlines()
    assert first == "False"
    assert second == "True 2"
    assert third.startswith("True") and "_Later" not in third
