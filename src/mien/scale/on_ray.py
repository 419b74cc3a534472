"""Ray in place of processes: the same tasks on many machines that see the same disk.

Paths go in and outcomes come out; no frame passes Ray's object store. Ray retries nothing itself:
the driver counts.

References
----------
.. [1] Moritz et al., "Ray: a distributed framework for emerging AI applications", OSDI 2018.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any

from mien.advice import to_get
from mien.errors import EngineError
from mien.scale.far import Url
from mien.scale.task import Outcome, Task, do
from mien.scale.workers import DIED
from mien.workers import with_threads

CORES = 2
"""Of a machine, for one task."""
_BASE, _A_PIXEL = 1 << 30, 700
"""Bytes of memory for one task: networks, and pictures in flight (docs/architecture.md)."""
_LOOK_S = 5.0  # between looks at whether Ray is there
_FULL_HD = 1920 * 1080  # pixels, where nobody has looked at the clip yet


class OnRay:
    """A pool of Ray's.

    Parameters
    ----------
    address : str
        Of the cluster, as Ray writes it; ``"local"`` starts one on this machine.
    work : callable
        What a worker does with a task.

    Raises
    ------
    EngineError
        If Ray is not installed, or there is no cluster at the address.
    """

    kind = "ray"

    def __init__(self, address: str, work: Callable[[Task], Outcome] = do) -> None:
        try:
            ray: Any = import_module("ray")
        except ImportError as exc:
            raise EngineError(
                f"--ray needs the package ray: {to_get('scale')}, or leave --ray out."
            ) from exc
        self._ray, self._address = ray, address
        try:
            ray.init(
                address=None if address == "local" else address,
                include_dashboard=False,
                log_to_driver=False,
                logging_level="error",
            )
        except (ConnectionError, RuntimeError, ValueError) as exc:
            raise EngineError(
                f"There is no Ray at {address}: start one with ray start --head, or give local."
            ) from exc
        _hush()
        self._node = ray.get_runtime_context().get_node_id()
        self._looked = time.monotonic()
        self._run, self._work = ray.remote(_on_worker), work
        self._tasks: dict[Any, str] = {}
        self.size = max(1, int(ray.cluster_resources().get("CPU", 1)) // CORES)

    def start(self, task: Task) -> None:
        how = self._run.options(num_cpus=min(CORES, self.size * CORES), max_retries=0,
                                memory=memory_for(task))  # fmt: skip
        self._tasks[how.remote(self._work, task)] = task.key

    def finished(self, timeout_s: float) -> list[Outcome]:
        """What ended.

        Raises
        ------
        EngineError
            If the Ray that the driver talks to is gone: it would wait for ever.
        """
        done, _ = self._ray.wait(list(self._tasks), num_returns=1, timeout=timeout_s)
        found = []
        for one in done:
            key = self._tasks.pop(one)
            try:
                found.append(self._ray.get(one))
            except self._ray.exceptions.LocalRayletDiedError as exc:  # no fault of the clip
                raise self._gone() from exc
            except self._ray.exceptions.RayError:  # the worker or its machine is gone
                found.append(Outcome(key, DIED, again=True))
        if not found and time.monotonic() - self._looked > _LOOK_S:
            self._look()
        return found

    def _look(self) -> None:
        self._looked = time.monotonic()
        alive = {node["NodeID"]: node["Alive"] for node in self._ray.nodes()}
        if not alive.get(self._node, False):
            raise self._gone()

    def _gone(self) -> EngineError:
        return EngineError(
            f"Ray at {self._address} died on the driver's machine: start the batch again; what is "
            "done stays done."
        )

    def close(self) -> None:
        for one in self._tasks:
            self._ray.cancel(one, force=True)
        self._tasks = {}
        self._ray.shutdown()


def _on_worker(work: Callable[[Task], Outcome], task: Task) -> Outcome:
    """Do a task with its share of the machine's cores: others of it have theirs."""
    os.environ.update(with_threads(CORES))
    return work(task)


def _hush() -> None:
    """Ray prints on stdout, among results, what became of its workers: the driver says it."""
    with suppress(ImportError, AttributeError):  # no part of what Ray promises
        printing: Any = import_module("ray._private.worker")
        printing._worker_logs_enabled = False


def memory_for(task: Task) -> int:
    """Bytes that a task needs: more for larger pictures; the base where the clip cannot be read."""
    from mien.video import probe

    if isinstance(task.source, Url):
        return _BASE + _A_PIXEL * _FULL_HD
    try:
        info = probe(task.source)
    except OSError:  # the task will say so
        return _BASE
    return _BASE + _A_PIXEL * info.width * info.height
