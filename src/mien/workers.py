"""Threads with bounded queues, whose errors reach the caller."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Full, Queue
from threading import Event, Thread
from typing import Any, TypeVar

WORKERS = 2
WAITING = 6  # items in flight, so that memory does not grow with the length of a clip

T = TypeVar("T")


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


def in_order(work: Callable[[T], Any], items: Iterable[T]) -> Iterator[Any]:
    """Map over items in worker threads, a bounded number ahead, in order."""
    with ThreadPoolExecutor(WORKERS) as pool:
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
