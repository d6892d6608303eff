"""For how long a material ran, out of what its tracker said. Pure."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Source = Literal["counter", "ignition", "movement", "input"]
Floats = NDArray[np.float64]
I64 = NDArray[np.int64]
GAP_MS = 2 * 3_600_000
"""What is on stays on until the next report, but not over a longer silence. A choice of ours."""
MOVING_GAP_MS = 15 * 60_000
MOVING_KMH = 5.0
"""As in alerts/thresholds.toml: slower is what a receiver reports while it stands still."""


def seconds(
    time_ms: I64, columns: dict[str, Floats], wanted: str, start_ms: int, end_ms: int
) -> tuple[float, Source] | None:
    """Seconds within ``start_ms`` to ``end_ms``, and what told so; None when nothing tells.

    ``columns``: float64 (n,) with NaN where a fix does not say: ``counter`` (ms that the engine ran, ever),
    ``ignition`` and ``input`` (1 on, 0 off), ``speed_kmh``. ``wanted``: one of these sources, or ``auto`` for the
    first that says anything. ``time_ms``: sorted; fixes before ``start_ms`` help to know how the day began.
    """
    order: tuple[Source, ...] = ("counter", "ignition", "movement") if wanted == "auto" else (wanted,)  # type: ignore[assignment]
    for source in order:
        values = columns["speed_kmh" if source == "movement" else source]
        if np.isfinite(values).any():
            found = _counted(time_ms, values, start_ms, end_ms) if source == "counter" else _on(
                time_ms, _state(source, values), MOVING_GAP_MS if source == "movement" else GAP_MS, start_ms, end_ms
            )  # fmt: skip
            return found, source
    return None


def _state(source: str, values: Floats) -> Any:
    return values >= MOVING_KMH if source == "movement" else values > 0


def _on(time_ms: I64, on: Any, gap_ms: int, start_ms: int, end_ms: int) -> float:
    """Time from fixes that say on to the next fix."""
    if len(time_ms) < 2:
        return 0.0
    first = np.clip(time_ms[:-1], start_ms, end_ms)
    last = np.clip(np.minimum(time_ms[1:], time_ms[:-1] + gap_ms), start_ms, end_ms)
    return float(np.sum((last - first)[np.asarray(on)[:-1]])) / 1000


def _counted(time_ms: I64, counter: Floats, start_ms: int, end_ms: int) -> float:
    """Steps of the counter that end within the time. A step back is a reset; one longer than its time is none."""
    known = np.flatnonzero(np.isfinite(counter))
    if len(known) < 2:
        return 0.0
    step, took, at = np.diff(counter[known]), np.diff(time_ms[known]), time_ms[known][1:]
    good = (step > 0) & (step <= took + 60_000) & (at > start_ms) & (at <= end_ms)
    return float(np.sum(step[good])) / 1000
