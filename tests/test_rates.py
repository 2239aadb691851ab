"""Limits of requests per second: never more, and no less than promised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet import rates as module
from martlet.errors import RateLimitError
from martlet.rates import Rates

SECOND = 1_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 7 * SECOND

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rates(clock: Clock) -> Rates:
    return Rates(clock)


def refused(rates: Rates, key: object, rate: int) -> RateLimitError | None:
    try:
        rates.spend(key, rate, "t")
    except RateLimitError as error:
        return error
    return None


def test_a_seconds_requests_at_once_and_then_evenly(rates: Rates, clock: Clock):
    told = [rates.spend("k", 4, "t") for _ in range(4)]
    assert [headers["x-ratelimit-remaining"] for headers in told] == ["3", "2", "1", "0"]
    assert {headers["x-ratelimit-limit"] for headers in told} == {"4"}
    assert told[-1]["x-ratelimit-reset"] == "1"
    error = refused(rates, "k", 4)
    assert error is not None
    assert error.status == 429
    assert (
        error.message == "The token 't' has made more than 4 requests in a second; try again in 1 s"
    )
    assert error.headers == {**told[-1], "retry-after": "1"}
    clock.now += SECOND // 4
    assert not refused(rates, "k", 4)
    assert refused(rates, "k", 4)
    clock.now += SECOND
    assert [bool(refused(rates, "k", 4)) for _ in range(5)] == [False] * 4 + [True]


def test_keys_are_counted_apart(rates: Rates):
    assert not refused(rates, "a", 1)
    assert refused(rates, "a", 1)
    assert not refused(rates, "b", 1)


@given(
    st.integers(1, 50),
    st.lists(st.integers(0, SECOND // 2) | st.just(0), min_size=1, max_size=200),
)
def test_no_second_has_more_than_twice_the_rate(rate: int, pauses: list[int]):
    """In a time of T seconds at most `rate` at once and `rate * T` more; who waits as told is let in."""
    clock = Clock()
    rates = Rates(clock)
    taken: list[int] = []
    for pause in pauses:
        clock.now += pause
        error = refused(rates, "k", rate)
        if error is None:
            taken.append(clock.now)
            continue
        waited = Rates(clock)
        waited._busy_until = dict(rates._busy_until)
        clock.now += int(error.headers["retry-after"]) * SECOND
        assert not refused(waited, "k", rate)
        clock.now -= int(error.headers["retry-after"]) * SECOND
    for first, start in enumerate(taken):
        for last in range(first, len(taken)):
            assert last - first + 1 <= rate + rate * (taken[last] - start) / SECOND


def test_idle_ones_are_forgotten(rates: Rates, clock: Clock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_KEPT", 10)
    for key in range(10):
        rates.spend(key, 1, "t")
    clock.now += 2 * SECOND
    rates.spend("busy", 1, "t")
    assert len(rates._busy_until) == 1
    for key in range(20):
        rates.spend(key, 1, "t")
    assert refused(rates, "busy", 1)
