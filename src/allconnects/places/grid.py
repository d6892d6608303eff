"""A hierarchical grid over boxes: each box lies on the level whose cells are about as large as it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_FINEST = 256.0
_STEP = 4.0
_SHIFT = np.int64(1) << np.int64(32)


class Grid:
    """For points the boxes that hold them. ``boxes``: (m, 4) west, south, east, north of one plane."""

    def __init__(self, boxes: Floats) -> None:
        self._boxes = boxes
        extent = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
        level = np.ceil(np.log(np.maximum(extent / 2, _FINEST) / _FINEST) / np.log(_STEP)).astype(np.int64)
        self._levels = [_Level(boxes, np.flatnonzero(level == one), _FINEST * _STEP**one) for one in np.unique(level)]

    def near(self, x: Floats, y: Floats) -> tuple[Ints, Ints]:
        """Pairs (point, box) with the point inside the box, in no order. x, y: (n,)."""
        found = [level.near(x, y) for level in self._levels]
        point = np.concatenate([pair[0] for pair in found])
        box = np.concatenate([pair[1] for pair in found])
        px, py, bounds = x[point], y[point], self._boxes[box]
        within = (px >= bounds[:, 0]) & (py >= bounds[:, 1]) & (px <= bounds[:, 2]) & (py <= bounds[:, 3])
        return point[within], box[within]


class _Level:
    """Boxes of about one size, and the cells that they touch: at most nine each."""

    def __init__(self, boxes: Floats, chosen: Ints, size: float) -> None:
        self._size = size
        low = np.floor(boxes[chosen][:, :2] / size).astype(np.int64)
        high = np.floor(boxes[chosen][:, 2:] / size).astype(np.int64)
        wide, tall = (high - low + 1).T
        count = wide * tall
        box = np.repeat(np.arange(len(chosen)), count)
        nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        cell = _key(low[box, 0] + nth % wide[box], low[box, 1] + nth // wide[box])
        order = np.argsort(cell, kind="stable")
        self._box = chosen[box[order]]
        self._cells, starts = np.unique(cell[order], return_index=True)
        self._starts = np.append(starts, len(order)).astype(np.int64)

    def near(self, x: Floats, y: Floats) -> tuple[Ints, Ints]:
        """Pairs of a point and a box that touches its cell."""
        cell = _key(np.floor(x / self._size).astype(np.int64), np.floor(y / self._size).astype(np.int64))
        at = np.searchsorted(self._cells, cell)
        at[at == len(self._cells)] = 0
        point = np.flatnonzero(self._cells[at] == cell)
        first = self._starts[at[point]]
        count = self._starts[at[point] + 1] - first
        nth = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return np.repeat(point, count), self._box[np.repeat(first, count) + nth]


def _key(column: Ints, row: Ints) -> Ints:
    """One number for a cell; no two cells of the globe share one."""
    return column * _SHIFT + row
