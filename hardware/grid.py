"""Lays a grid over a QR code that was located: where in the upright view each module lies."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.qr_layout import Floats, points_of, template, values_of

Doubles = NDArray[np.float64]

MODULE_PX = 4  # of a module in the upright view
MARGIN = 3  # modules around the code in the upright view

# Blur while fitting, in modules, step by step; agreement is told after each row.
_WIDE = ((0.7,) * 6, (0.5,) * 3, (0.5,) * 3)  # to be drawn from afar
_NARROW = ((0.35, 0.35), (0.35, 0.35), (0.25, 0.25))  # to be exact
_LOOKED_AT = 0.25  # blur for which agreement is told
_LEAST_DRAWN = 0.12  # agreement after the wide steps: what agrees less lies elsewhere
_SETTLED_PX = 0.05  # a step shorter than this is the last of its blur
_HOLD = np.array([1.0] * 8 + [0.3] * 4)  # of the parameters: so much of the mean curvature is added
_LEAST_GAIN = 0.03  # of what is seen to what is expected: less is no code


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected at points of the code, shape (k, 2) in modules: values and weights, shape (k,)."""

    points: Floats
    values: Floats
    weights: Floats


def fixed_patterns(version: int) -> Expected:
    """What all codes of a version show."""
    points, values = template(version)
    return Expected(points, values, np.ones(len(values), np.float32))


def decided(modules: Floats, weights: Floats) -> Expected:
    """What a code shows that has these modules, shape (n, n), each as sure as its weight, 0 to 1."""
    return Expected(points_of(len(modules)), values_of(modules), np.tile(weights.ravel(), 2).astype(np.float32))


class View:
    """An upright view, shape (side, side), blurred as asked for, with its slopes to the right and downwards."""

    def __init__(self, even: Floats) -> None:
        self.even = even
        self._slopes: dict[float, Floats] = {}

    def slopes(self, blur: float) -> Floats:
        """The view blurred by so many modules, and its slopes to the right and downwards; shape (side, side, 3)."""
        if blur not in self._slopes:
            soft = cv2.GaussianBlur(self.even, (0, 0), blur * MODULE_PX)
            right = cv2.Sobel(soft, cv2.CV_32F, 1, 0, scale=1 / 8)
            down = cv2.Sobel(soft, cv2.CV_32F, 0, 1, scale=1 / 8)
            self._slopes[blur] = cv2.merge([soft, right, down]).astype(np.float32, copy=False)
        return self._slopes[blur]


class Grid:
    """Maps modules to pixels of the upright view: a homography, and a bend for paper that is not flat.

    Twelve parameters, found by Gauss-Newton on the difference between what is expected and what is seen (as in Baker
    and Matthews, Lucas-Kanade 20 Years On, 2004).
    """

    def __init__(self, n: int) -> None:
        half = n * MODULE_PX / 2
        middle = half + MARGIN * MODULE_PX - 0.5
        self._n = n
        self._parameters: Doubles = np.array([half, 0, middle, 0, half, middle, 0, 0, 0, 0, 0, 0], np.float64)
        # A step of one unit in each moves the corners by about one pixel.
        self._units = np.array([1, 1, 1, 1, 1, 1, 1 / half, 1 / half, 1, 1, 1, 1], np.float64)

    def places(self, points: Floats) -> tuple[Floats, Floats]:
        """Pixels (x, y) of points in modules, shape (k, 2)."""
        return _Mapped(points, self._n, self._parameters.astype(np.float32)).places()

    def agreement(self, soft: Floats, expected: Expected) -> float:
        """Correlation of what is expected with what lies under it, -1 to 1."""
        return correlation(seen(soft, *self.places(expected.points)), expected.values)

    def lay(self, view: View, version: int) -> float:
        """Move the grid onto the patterns that every code has; returns the agreement reached."""
        expected = fixed_patterns(version)
        soft = np.ascontiguousarray(view.slopes(_LOOKED_AT)[:, :, 0])
        best = (self.agreement(soft, expected), self._parameters.copy())
        for blurs in (*_WIDE, *_NARROW):
            for blur in blurs:
                moved = self._step(view, blur, expected)
                if moved is None or moved < _SETTLED_PX:
                    break
            reached = self.agreement(soft, expected)
            if reached > best[0]:
                best = (reached, self._parameters.copy())
            elif reached < _LEAST_DRAWN:
                break
        self._parameters = best[1]
        return best[0]

    def shift(self, view: View, expected: Expected, steps: int) -> None:
        """Move the grid, which lies nearly right, onto what is expected."""
        for _ in range(steps):
            moved = self._step(view, _LOOKED_AT, expected)
            if moved is None or moved < _SETTLED_PX:
                return

    def _step(self, view: View, blur: float, expected: Expected) -> float | None:
        """One step; returns how many pixels it moved the corners at most, or None where there is nothing to lie on."""
        mapped = _Mapped(expected.points, self._n, self._parameters.astype(np.float32))
        soft, right, down = seen(view.slopes(blur), *mapped.places()).T
        off, gain = _unexplained(soft, expected.values, expected.weights)
        if gain < _LEAST_GAIN:
            return None
        # A finger or a reflection over a pattern must not draw the grid: what is far off counts less (Huber).
        size = np.abs(off)
        weight = expected.weights / np.maximum(np.float32(1), size / (np.float32(1.2) * size.mean() + np.float32(1e-6)))
        change = mapped.changes(right, down, np.float32(self._units[6]))
        weighted = change * weight
        normal = (weighted @ change.T).astype(np.float64)
        # The bend is held back a little: the corners say little of it.
        damping = _HOLD * (1e-3 * float(np.trace(normal[:6, :6])) / 6 + 1e-9)
        move = np.linalg.solve(normal + np.diag(damping), -(weighted @ off))
        longest = float(np.abs(move[:6]).max())
        if not np.isfinite(longest):
            return None
        self._parameters += move * self._units * min(1.0, 1.5 * MODULE_PX / max(longest, 1e-9))
        return longest


class _Mapped:
    """Points as they lie by twelve parameters."""

    def __init__(self, points: Floats, n: int, parameters: Floats) -> None:
        self._u, self._v = points.T * np.float32(2 / n) - np.float32(1)  # modules as -1 to 1 across the code
        self._p = p = parameters
        self._depth = 1 / np.maximum(p[6] * self._u + p[7] * self._v + 1, np.float32(0.1))
        self._flat_x = (p[0] * self._u + p[1] * self._v + p[2]) * self._depth
        self._flat_y = (p[3] * self._u + p[4] * self._v + p[5]) * self._depth
        self._wide, self._tall = self._u * self._u - 1, self._v * self._v - 1

    def places(self) -> tuple[Floats, Floats]:
        """Pixels (x, y) of the points."""
        p = self._p
        return (
            self._flat_x + p[8] * self._wide + p[9] * self._tall,
            self._flat_y + p[10] * self._wide + p[11] * self._tall,
        )

    def changes(self, right: Floats, down: Floats, unit: np.float32) -> Floats:
        """How the picture under each point changes with a unit of each parameter, shape (12, k), by its slopes."""
        u, v = self._u, self._v
        by_x, by_y = right * self._depth, down * self._depth
        tilt = -(self._flat_x * by_x + self._flat_y * by_y) * unit
        changes = (
            by_x * u, by_x * v, by_x, by_y * u, by_y * v, by_y, tilt * u, tilt * v,
            right * self._wide, right * self._tall, down * self._wide, down * self._tall,
        )  # fmt: skip
        return np.stack(changes)


def seen(view: Floats, x: Floats, y: Floats) -> Floats:
    """What the view, shape (height, width) or (height, width, c), shows at pixels (x, y); shape (k,) or (k, c)."""
    found = cv2.remap(view, x.reshape(-1, 1), y.reshape(-1, 1), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found[:, 0].astype(np.float32, copy=False)


def correlation(first: Floats, second: Floats) -> float:
    """Pearson's correlation of two rows of numbers, -1 to 1; 0 where one of them does not vary."""
    first, second = first - first.mean(), second - second.mean()
    return float(first @ second / np.sqrt(max(float((first @ first) * (second @ second)), 1e-9)))


def _unexplained(values: Floats, expected: Floats, weight: Floats) -> tuple[Floats, float]:
    """What is left of the values when a multiple of what is expected is taken away, and this multiple."""
    whole = max(float(weight.sum()), 1e-6)
    values = values - float(weight @ values) / whole
    varied = expected - float(weight @ expected) / whole
    gain = float((weight * values) @ varied / max(float((weight * varied) @ varied), 1e-9))
    return (values - np.float32(gain) * varied).astype(np.float32, copy=False), gain
