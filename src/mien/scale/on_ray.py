"""Ray in place of processes: the same tasks on many machines that see the same disk.

Paths go in and outcomes come out; no frame passes Ray's object store. Ray retries nothing itself:
the driver counts.

References
----------
.. [1] Moritz et al., "Ray: a distributed framework for emerging AI applications", OSDI 2018.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from mien.advice import to_get
from mien.errors import EngineError
from mien.scale.far import Url
from mien.scale.task import Outcome, Task, do
from mien.scale.workers import DIED
from mien.workers import with_threads

_BASE, _A_PIXEL = 1 << 30, 700
"""Bytes of memory for one task: networks, and pictures in flight (docs/architecture.md)."""
_LOOK_S = 5.0  # between looks at whether Ray is there
_FULL_HD = 1920 * 1088
"""Pixels for which one core is asked; of a clip, too, that nobody has looked at yet."""


@dataclass(frozen=True)
class Needs:
    """What a task asks of a machine."""

    cores: int
    """One where pictures are no larger than Full HD: threads that wait for each other cost more
    than they bring (docs/scaling.md). Of larger ones, one for each Full HD in them."""
    memory: int
    """Bytes."""

    @classmethod
    def of(cls, task: Task) -> Needs:
        """Needs of a task; of one that cannot be read the least, for it ends soon."""
        from mien.video import probe

        if isinstance(task.source, Url):
            return cls.of_pixels(_FULL_HD)
        try:
            info = probe(task.source)
        except OSError:  # the task will say so
            return cls.of_pixels(0)
        return cls.of_pixels(info.width * info.height)

    @classmethod
    def of_pixels(cls, pixels: int) -> Needs:
        """Needs of a task whose pictures have so many pixels."""
        return cls(max(1, -(-pixels // _FULL_HD)), _BASE + _A_PIXEL * pixels)

    def within(self, machines: Iterable[Mapping[str, float]]) -> Needs:
        """The same, but no more than some machine has: what no machine has is waited for for ever.

        Parameters
        ----------
        machines : iterable of mapping
            ``CPU`` and ``memory`` of each, as Ray counts them.
        """
        there = list(machines)
        cores = max((int(one.get("CPU", 0)) for one in there), default=0)
        room = [one.get("memory", 0.0) for one in there if one.get("CPU", 0) >= 1]
        memory = int(max(room, default=0.0))
        return Needs(min(self.cores, max(1, cores)), min(self.memory, memory or self.memory))


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
        self.size = max(1, int(ray.cluster_resources().get("CPU", 1)))

    def start(self, task: Task) -> None:
        machines = [one["Resources"] for one in self._ray.nodes() if one["Alive"]]
        needs = Needs.of(task).within(machines)
        how = self._run.options(
            num_cpus=needs.cores,
            memory=needs.memory,
            max_retries=0,
            # libraries read them when they are loaded, which is before a task begins
            runtime_env={"env_vars": with_threads(needs.cores)},
        )
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
                found.append(Outcome(key, DIED, again=True, code="worker_died"))
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
    """Do a task."""
    return work(task)


def _hush() -> None:
    """Ray prints on stdout, among results, what became of its workers: the driver says it."""
    with suppress(ImportError, AttributeError):  # no part of what Ray promises
        printing: Any = import_module("ray._private.worker")
        printing._worker_logs_enabled = False
