"""Sets a code upright before it is located: how it is turned and tilted shows in its texture.

A code changes much in all directions, wherever one looks. The part of a cut that does so has the shape of a square seen
from aside: the affine map that makes its second moments those of a square takes the tilt away, but for perspective.
What is left is a turn, and it shows in the edges: of a code seen straight on they run across and down.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hardware.qr_layout import Floats
from hardware.symbols import Grey

_LEAST_PX = 16  # a side of a cut: less shows no code
_SMALL_PX = 120  # a cut is brought to this size to look at its texture
_SOFT_PX = 0.8
_AROUND_PX = 12  # over which texture is told
_STRONG = 95  # percentile of the texture: of a code, where it is undisturbed
_SHARE = 0.35  # of that, what is texture at all
_NARROWEST = 3.2  # long side to short side, up to which is made a square: there must be pixels left
_MARGIN = 1.5  # what is shown, as a multiple of what was found
_ASKEW, _ASKEW_DEGREES = 1.3, 16.0  # more than this, another view shows other things
_NEARER = 1.4  # so many times as large as in the cut, too


@dataclass(frozen=True, slots=True)
class Stance:
    """How something square lies in a cut. onto: shape (2, 3), takes pixels of the cut to the upright view, which goes
    from -1 to 1 both ways.

    differs: whether it is so tilted, turned or small that the view shows other things than the cut.
    """

    onto: NDArray[np.float64]
    differs: bool

    def upright(self, cut: Grey, side_px: int) -> Grey:
        """The view, shape (side_px, side_px)."""
        size = (side_px, side_px)
        view = cv2.warpAffine(cut, self._scaled(side_px), size, borderMode=cv2.BORDER_REPLICATE)
        return view.astype(np.uint8, copy=False)

    def back(self, points: Floats, side_px: int) -> Floats:
        """Points of a view of this size, shape (k, 2), as they lie in the cut."""
        back = cv2.invertAffineTransform(self._scaled(side_px))
        placed: Floats = (points @ back[:, :2].T + back[:, 2]).astype(np.float32)
        return placed

    def _scaled(self, side_px: int) -> NDArray[np.float64]:
        """From pixels of the cut to pixels of a view of this size."""
        half = side_px / 2
        scaled: NDArray[np.float64] = self.onto * half
        scaled[:, 2] += half - 0.5
        return scaled


def stance(cut: Grey) -> Stance | None:
    """How the largest thing with the texture of a code lies in a cut; None where there is none, or hardly a cut."""
    if min(cut.shape) < _LEAST_PX:
        return None
    scale = _SMALL_PX / max(cut.shape)
    size = max(8, round(cut.shape[1] * scale)), max(8, round(cut.shape[0] * scale))
    small = cv2.resize(cut, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    soft = cv2.GaussianBlur(small, (0, 0), _SOFT_PX)
    part = _largest_textured(soft)
    if not part[::2, ::2].any():
        return None
    square = _made_square(part)
    onto = _turn(_angle_of_edges(square, soft, part)) @ square
    matrix = _filling_the_view(onto, part)
    per_px = np.array([size[0] / cut.shape[1], size[1] / cut.shape[0]])
    matrix[:, 2] += matrix[:, :2] @ (per_px / 2 - 0.5)
    matrix[:, :2] *= per_px
    return Stance(matrix, _differs(matrix[:, :2], max(cut.shape)))


def _differs(onto: NDArray[np.float64], cut_px: int) -> bool:
    long, short = np.linalg.svd(onto)[1]
    # The turn that is left when the tilt is taken away.
    turned = np.degrees(np.arctan2(onto[1, 0] - onto[0, 1], onto[0, 0] + onto[1, 1]))
    nearer = np.sqrt(long * short) * cut_px / 2
    return bool(long > _ASKEW * short or abs(turned) > _ASKEW_DEGREES or nearer > _NEARER)


def _largest_textured(soft: cv2.typing.MatLike) -> NDArray[np.uint8]:
    """1 in the largest part that varies in all directions, 0 elsewhere."""
    texture = np.sqrt(np.maximum(cv2.cornerMinEigenVal(soft, _AROUND_PX, ksize=3), 0))
    strong = float(np.percentile(texture[::2, ::2], _STRONG))
    found = (texture > _SHARE * strong).astype(np.uint8)
    _, labels, parts, _ = cv2.connectedComponentsWithStats(found)
    largest = 1 + int(parts[1:, cv2.CC_STAT_AREA].argmax()) if len(parts) > 1 else -1
    return np.equal(labels, largest).astype(np.uint8)


def _made_square(part: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The map without a turn that makes the part as wide as high, whichever way it is measured; shape (2, 2)."""
    moments = cv2.moments(part, binaryImage=True)
    spread = np.array([[moments["mu20"], moments["mu11"]], [moments["mu11"], moments["mu02"]]]) / moments["m00"]
    (short, long), axes = np.linalg.eigh(spread + 0.1 * np.eye(2))
    narrow = min(np.sqrt(long / short), _NARROWEST)
    square: NDArray[np.float64] = axes @ np.diag([np.sqrt(narrow), 1 / np.sqrt(narrow)]) @ axes.T
    return square


def _angle_of_edges(square: NDArray[np.float64], soft: cv2.typing.MatLike, part: NDArray[np.uint8]) -> float:
    """To the axes, once the part is made a square; -pi/4 to pi/4."""
    inside = part[::2, ::2] > 0
    right, below = (cv2.Sobel(soft, cv2.CV_32F, x, y)[::2, ::2][inside] for x, y in ((1, 0), (0, 1)))
    mapped = np.linalg.inv(square).T.astype(np.float32) @ np.stack([right, below])
    twice = (mapped[0] + 1j * mapped[1]) ** 2
    # Across, down and their opposites are one direction to the fourth power; a strong edge counts more.
    return float(np.angle((twice * twice / (np.abs(twice) + 1e-6)).sum()) / 4)


def _turn(angle: float) -> NDArray[np.float64]:
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def _filling_the_view(onto: NDArray[np.float64], part: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The map, stretched and shifted so that the part lies from -1 to 1 both ways, with a margin; shape (2, 3)."""
    rows, columns = np.nonzero(part[::2, ::2])
    places = 2 * np.column_stack([columns, rows]) @ onto.T
    low, high = np.percentile(places, (1, 99), axis=0)
    half = np.maximum((high - low) / 2, 1.0)
    half = np.maximum(half, half.max() / _NARROWEST) * _MARGIN
    matrix: NDArray[np.float64] = np.column_stack([onto, -(low + high) / 2]) / half[:, None]
    return matrix
