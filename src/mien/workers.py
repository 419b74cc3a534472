"""Threads with bounded queues, whose errors reach the caller; how many a process may have."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Full, Queue
from threading import Event, Lock, Thread
from typing import Any, Generic, TypeVar

WORKERS = 2
WAITING = 6  # items in flight, so that memory does not grow with the length of a clip

THREADS = "MIEN_THREADS"
"""Variable of the environment: how many threads a process computes with; as many as the machine
has cores if it says nothing."""
_LIBRARIES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
)  # fmt: skip
"""What libraries call the same; they read it when they are loaded."""

T = TypeVar("T")


def threads() -> int | None:
    """How many threads this process may compute with; None for as many as there are cores."""
    said = os.environ.get(THREADS, "")
    return max(1, int(said)) if said.isdigit() else None


def with_threads(number: int) -> dict[str, str]:
    """Variables of the environment of a process that computes with so many threads.

    Parameters
    ----------
    number : int
        Of threads: its share of the cores, where several processes work beside each other.
    """
    return {name: str(number) for name in (THREADS, *_LIBRARIES)}


def plain_algebra() -> None:
    """Let OpenBLAS compute with one thread, unless the environment says how many.

    To be called before NumPy is loaded. The matrices of a clip are small: OpenBLAS's other threads
    wait for them by going round and round, on cores that have frames to look at.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def ahead(items: Iterable[T], room: int = WAITING) -> Generator[T, None, None]:
    """Iterate in a thread of its own, a few items ahead; its errors arrive here."""
    queue: Queue[tuple[bool, Any]] = Queue(room)
    stop = Event()

    def put(entry: tuple[bool, Any]) -> None:
        while not stop.is_set():
            try:
                queue.put(entry, timeout=0.1)
                return
            except Full:  # look again whether to stop
                continue

    def run() -> None:
        try:
            for item in items:
                if stop.is_set():
                    return
                put((True, item))
            put((False, None))
        except BaseException as exc:
            put((False, exc))

    thread = Thread(target=run, daemon=True)
    thread.start()
    try:
        while True:
            good, item = queue.get()
            if good:
                yield item
            elif item is None:
                return
            else:
                raise item
    finally:
        stop.set()
        thread.join()


class Branch(Generic[T]):
    """One of several readers of the same items, see `shared`; close it when no more are wanted."""

    def __init__(self, start: Callable[[], None], room: int) -> None:
        self._start, self._queue = start, Queue[tuple[bool, Any]](room)
        self._closed = Event()

    def __iter__(self) -> Branch[T]:
        return self

    def __next__(self) -> T:
        self._start()
        if self._closed.is_set():
            raise StopIteration
        good, item = self._queue.get()
        if good:
            return item  # type: ignore[no-any-return]
        self._closed.set()
        raise item

    def close(self) -> None:
        """Take no more: the others need not wait for this one."""
        self._closed.set()

    @property
    def open(self) -> bool:
        """Whether items are still wanted."""
        return not self._closed.is_set()

    def put(self, entry: tuple[bool, Any]) -> None:
        """Hand over an item, or what ended them; given up once the branch is closed."""
        while self.open:
            try:
                self._queue.put(entry, timeout=0.1)
                return
            except Full:  # look again whether it is closed
                continue


def shared(items: Iterable[T], count: int, room: int = WAITING) -> list[Branch[T]]:
    """Iterate once, in a thread of its own, for several readers, each in its own thread.

    The slowest sets the pace. The thread begins with the first item that is asked for and ends with
    the last branch that is closed, so close them all.

    Parameters
    ----------
    items : iterable
        Iterated once; what it raises arrives in every branch.
    count : int
        How many readers.
    room : int
        Items that wait for a reader at most.
    """
    started, lock = Event(), Lock()

    def run() -> None:
        end: BaseException = StopIteration()
        try:
            for item in items:
                wanted = [branch for branch in branches if branch.open]
                if not wanted:
                    return
                for branch in wanted:
                    branch.put((True, item))
        except BaseException as exc:
            end = exc
        for branch in branches:
            branch.put((False, end))

    def start() -> None:
        with lock:
            if not started.is_set():
                started.set()
                Thread(target=run, name="shared", daemon=True).start()

    branches: list[Branch[T]] = [Branch(start, room) for _ in range(count)]
    return branches


def in_order(work: Callable[[T], Any], items: Iterable[T]) -> Iterator[Any]:
    """Map over items in worker threads, a bounded number ahead, in order."""
    with ThreadPoolExecutor(min(WORKERS, threads() or WORKERS)) as pool:
        waiting: deque[Future[Any]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= WAITING:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
