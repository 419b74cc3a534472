"""Clips as the list of the page De-identify has them, for pages whose server is not asked."""

from __future__ import annotations

_WANTED = {"engine": "mesh", "surrogate": "auto", "match": "age", "people": "all", "voice": "mute"}


def listed(number: int, status: str, **more) -> dict:
    """A clip as the list has it."""
    over = status not in ("queued", "running", "held")
    found = {"frames": 9, "ledger": {}, "surrogates": [], "renderings": 1}
    wanted = {**_WANTED, "surroundings": "keep", "withhold": "over 10%", "subject": None}
    wanted |= {"hands": "keep", "audit": "sample"}
    return {
        **{"id": f"{number:032x}", "name": f"P{number:02d}", "file": f"Jane Doe {number}.mp4"},
        **{"subject": f"P{number:02d}", "visit": None, "note": None, "family": None, "alike": []},
        **{"uncover": False, "leaves": None, "project_id": "p", "status": status, "size": 9},
        **{
            "created": 1000.0 + number,
            "finished": 2000.0 + number if over else None,
            "stage": None,
        },
        **{"done": 0, "total": None, "fps": None, "seconds_left": None, "cancelling": False},
        **{"error": "It failed.", "code": None, "found": found if status == "done" else None},
        **{"wanted": {**wanted, "compare": True, "measure": "generic"}, "after": "ask"},
        **{"width": 320, "height": 240, "frames": 9, "seconds": 1.0, "original": True},
        **{"preview": False, "compare": status == "done", "readers": []},
        **more,
    }
