import threading

import pytest

from mien.workers import WAITING, ahead, in_order


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
