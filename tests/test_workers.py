import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from mien.workers import (
    THREADS,
    WAITING,
    ahead,
    in_order,
    plain_algebra,
    shared,
    threads,
    with_threads,
)


def test_items_arrive_in_order_and_no_more_than_a_few_ahead():
    taken = []

    def source():
        for number in range(50):
            taken.append(number)
            yield number

    seen = []
    for value in in_order(lambda n: n * n, ahead(source())):
        seen.append(value)
        assert len(taken) <= len(seen) + 2 * WAITING + 3
    assert seen == [n * n for n in range(50)]


def test_an_error_in_the_source_reaches_the_caller():
    def source():
        yield 1
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(ahead(source()))


def test_an_error_in_the_work_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda n: 1 // n, ahead(range(-3, 3))))


def test_a_caller_who_stops_early_ends_the_thread():
    before = threading.active_count()
    items = ahead(iter(range(1000)))
    assert next(items) == 0
    items.close()
    assert threading.active_count() == before


def _all(branch):
    with closing(branch):
        return list(branch)


def test_several_readers_get_all_items_of_one_pass():
    passes = []

    def source():
        passes.append(1)
        yield from range(200)

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(_all, shared(source(), 3)))
    assert found == [list(range(200))] * 3
    assert passes == [1]


def test_whoever_stops_early_does_not_hold_up_the_others():
    one, two, three = shared(iter(range(200)), 3)
    three.close()  # before it began

    def a_few():
        with closing(one):
            return [next(one), next(one)]

    with ThreadPoolExecutor(2) as pool:
        few, whole = pool.submit(a_few), pool.submit(_all, two)
        assert few.result() == [0, 1]
        assert whole.result() == list(range(200))
    assert list(three) == []


def test_an_error_of_what_is_shared_reaches_every_reader():
    def source():
        yield 1
        raise OSError("gone")

    with ThreadPoolExecutor(2) as pool:
        for job in [pool.submit(_all, branch) for branch in shared(source(), 2)]:
            with pytest.raises(OSError, match="gone"):
                job.result()


def test_what_is_shared_stays_within_its_room_of_the_slowest():
    taken = []

    def source():
        for number in range(100):
            taken.append(number)
            yield number

    slow, quick = shared(source(), 2)
    with ThreadPoolExecutor(1) as pool, closing(slow):
        rest = pool.submit(_all, quick)
        for seen, _ in enumerate(slow, 1):
            assert len(taken) <= seen + WAITING + 2
        assert len(rest.result()) == 100


def test_the_thread_ends_when_every_reader_is_done():
    before = set(threading.enumerate())
    branches = shared(iter(range(1000)), 2)
    assert next(branches[0]) == 0
    (mine,) = set(threading.enumerate()) - before
    for branch in branches:
        branch.close()
    mine.join(10)
    assert not mine.is_alive()


def test_a_process_that_is_told_so_computes_with_one_thread(monkeypatch):
    seen = set()

    def work(number):
        seen.add(threading.current_thread().name)
        return number

    for said, wanted in (("", None), ("much", None), ("0", 1), ("1", 1)):
        monkeypatch.setenv(THREADS, said)
        assert threads() == wanted
    assert list(in_order(work, range(50))) == list(range(50)) and len(seen) == 1
    assert with_threads(3)["OMP_NUM_THREADS"] == with_threads(3)[THREADS] == "3"


def test_algebra_is_plain_unless_the_environment_says_otherwise(monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    plain_algebra()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    plain_algebra()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "4"


@pytest.mark.parametrize(
    ("words", "status"),
    [("audit a b", 7), ("evaluate a b -o c", 7), ("deidentify a -o b", 7), ("train --help", 0)],
)
def test_commands_say_so_before_numpy_is_loaded(words, status):
    """Afterwards OpenBLAS has its threads; what learns has large matrices, and keeps them."""
    script = (
        "import sys, mien.workers as workers\n"
        "def early(): raise SystemExit(3 if 'numpy' in sys.modules else 7)\n"
        "workers.plain_algebra = early\n"
        "from mien.cli.app import app\n"
        "app(sys.argv[1:])"
    )
    found = subprocess.run([sys.executable, "-c", script, *words.split()], capture_output=True)
    assert found.returncode == status, found.stderr
