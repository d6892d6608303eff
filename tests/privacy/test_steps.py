"""What erasure and off-boarding share: one process at a time, and steps that are counted over all attempts."""

from __future__ import annotations

from secrets import token_hex

from allconnects.kit import db
from allconnects.kit.named import Named
from allconnects.privacy.erasure.steps import Steps, alone, is_done, noted, told


def test_one_process_is_at_it_and_the_next_comes_after_it() -> None:
    what = f"something {token_hex(8)}"
    with db.connect("rights", autocommit=True) as one, db.connect("rights", autocommit=True) as other:
        with alone(one, what, 5) as first:
            with alone(other, what, 5) as second:
                assert (first, second) == (True, False)
            with alone(other, what + "else", 5) as third, alone(other, what, 7) as another:
                assert (third, another) == (True, True)
            with alone(other, what, 5) as again:
                assert not again, "who was refused took nothing away"
        with alone(other, what, 5) as second:
            assert second


def test_the_lock_goes_also_when_the_work_fails() -> None:
    what = f"something {token_hex(8)}"
    with db.connect("rights", autocommit=True) as one, db.connect("rights", autocommit=True) as other:
        try:
            with alone(one, what, 5):
                raise ValueError
        except ValueError:
            pass
        with alone(other, what, 5) as free:
            assert free


def test_steps_count_rows_and_tries_of_all_attempts() -> None:
    steps: Steps = noted([], "rows", "failed", 3, "referred")
    assert not is_done(steps, "rows")
    steps = noted(noted(steps, "keys", "done", 1), "rows", "done", 4)
    assert [(one["step"], one["rows"], one["tries"]) for one in steps] == [("keys", 1, 1), ("rows", 7, 2)]
    assert is_done(steps, "rows")
    assert "what" not in steps[1], "it went well in the end"
    assert [one for one in told(noted(steps, "tell", "failed", 0, "processor")) if "what" in one] == []


def test_functions_that_rooms_add_are_called_by_name() -> None:
    each: Named[int] = Named()
    each("b")(2)
    assert each("a")(1) == 1
    each("b")(3)
    assert each.all() == [("a", 1), ("b", 3)]
