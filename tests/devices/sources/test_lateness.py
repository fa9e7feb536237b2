"""Lateness by a camera's stamps."""

from inspector.devices.sources.lateness import Lateness


def lateness(pairs):
    measured = Lateness()
    return [measured.of(arrived, stamped) for arrived, stamped in pairs]


def test_a_steady_stream_is_on_time_whatever_the_clocks_say():
    assert max(lateness([(1000 + n / 30, n / 30) for n in range(300)])) < 1e-9


def test_what_was_held_up_is_late_until_it_has_caught_up():
    # Held up for a second from frame 10 on, then read at three times the rate.
    late = lateness([(max(n / 30, 10 / 30 + 1 + (n - 10) / 90) if n >= 10 else n / 30, n / 30) for n in range(80)])
    assert max(late[:10]) < 1e-9
    assert abs(late[10] - 1.0) < 0.01
    assert sorted(late[10:], reverse=True) == late[10:]
    assert late[-1] < 0.01


def test_a_reader_that_is_too_slow_falls_behind():
    late = lateness([(n / 25, n / 30) for n in range(300)])
    assert sorted(late) == late
    assert late[-1] > 1.5


def test_clocks_that_run_apart_a_little_are_not_lateness():
    assert max(lateness([(n / 30 * 1.0005, n / 30) for n in range(100_000)])) < 0.01


def test_a_camera_whose_clock_is_set_anew_is_on_time():
    stamps = [*(n / 30 for n in range(50)), *(n / 30 for n in range(50)), *(1000 + n / 30 for n in range(50))]
    assert max(lateness([(n / 30, stamp) for n, stamp in enumerate(stamps)])) < 1e-6


def test_a_camera_without_a_clock_is_on_time():
    assert lateness([(n / 30, 0.0) for n in range(10)]) == [0.0] * 10
