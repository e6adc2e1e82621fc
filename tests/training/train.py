"""Trains the network that tells of a place whether it looks like a code, and writes hardware/recognition.onnx.

`make train` does it: first with any places, then with those added that it still takes for a code and that are none.
Says after each pass how many places without a code it would still take for one, at the threshold that keeps so many of
those with one. Among these are some that nobody can read: what counts is `make bench`.
"""

import argparse
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import torch
from torch import nn

import hardware.recognition
from hardware.recognition import SIDE_PX, evened_patch
from tests.bench.scene import Grey
from tests.training.patches import patches, without

T = TypeVar("T")

CHANNELS = (16, 32, 48, 64)  # of each layer: the first one takes a quarter of the time, half as many read fewer codes
HIDDEN = 32
AT_ONCE, FASTEST = 192, 4e-3  # patches a step, and the highest learning rate
PUT_BY = 4000  # patches that are not trained with, to see what was learned
KEPT = (0.95, 0.98, 0.99, 0.995)
PART = 500  # patches that one process makes at a time
HARD = 0.15  # likeness, above which a place without a code is hard to tell from one
TWICE = 2  # so often the hard ones are shown in a pass
GENTLER = 0.4  # of the highest learning rate, when they are added


class Network(nn.Module):
    """Four layers, each with half the side of the one before; then the highest and the mean over all places."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number, (into, out) in enumerate(zip((1, *CHANNELS), CHANNELS, strict=False)):
            side = 3 if number else 5
            layers += [nn.Conv2d(into, out, side, stride=2, padding=side // 2), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Linear(2 * CHANNELS[-1], HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 1))

    def forward(self, shown: torch.Tensor) -> torch.Tensor:
        """Log odds, shape (k, 1), of patches, shape (k, 1, 80, 80)."""
        seen = self.layers(shown)
        odds: torch.Tensor = self.head(torch.cat([torch.amax(seen, (2, 3)), seen.mean((2, 3))], 1))
        return odds


def main() -> None:
    """Draws, trains, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patches", type=int, default=230_000, help="to draw (default: %(default)s)")
    parser.add_argument("--passes", type=int, default=20, help="over all of them (default: %(default)s)")
    parser.add_argument("--others", type=int, default=150_000, help="hard ones are sought in (default: %(default)s)")
    parser.add_argument("--again", type=int, default=8, help="passes with the hard ones (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="other patches (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path(hardware.recognition.__file__).with_name("recognition.onnx"))
    chosen = parser.parse_args()
    torch.manual_seed(chosen.seed)
    shown, labels = drawn(chosen.patches, chosen.seed)
    network = Network()
    trained(network, shown, labels, chosen.passes, FASTEST)
    others = hard(network, chosen.others, chosen.seed).repeat(TWICE, 1, 1, 1)
    shown, labels = torch.cat([shown, others]), torch.cat([labels, torch.zeros(len(others))])
    before = {name: weights.clone() for name, weights in network.state_dict().items()}
    trained(network, shown, labels, chosen.again, GENTLER * FASTEST)
    # The mean of both refuses nearly as much as the second, and nearly all that it keeps is what the first one kept.
    network.load_state_dict({name: (before[name] + weights) / 2 for name, weights in network.state_dict().items()})
    torch.onnx.export(network.eval(), (torch.zeros(1, 1, SIDE_PX, SIDE_PX),), str(chosen.out), dynamo=False)
    print(f"written: {chosen.out}")  # noqa: T201


def drawn(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Patches as the network sees them, shape (count, 1, 80, 80), and 1 for each that shows a code."""
    made = list(_made(_part, count, seed))
    labels = np.concatenate([told for _, told in made]).astype(np.float32)
    return torch.cat([_seen(shown) for shown, _ in made]), torch.from_numpy(labels)


def hard(network: Network, count: int, seed: int) -> torch.Tensor:
    """Of so many places without a code those that the network would take for one, shape (k, 1, 80, 80)."""
    least, found = float(np.log(HARD / (1 - HARD))), []
    with torch.no_grad():
        for others in _made(_others, count, seed):
            seen = _seen(others)
            found.append(seen[network(seen)[:, 0] > least])
    print(f"hard to tell from a code: {sum(map(len, found))}")  # noqa: T201
    return torch.cat(found)


def _made(part: Callable[[int, int], T], count: int, seed: int) -> Iterator[T]:
    """What so many patches come in, made by all processors; says how far it is."""
    parts = range(-(-count // PART))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for number, made in enumerate(pool.map(part, [seed] * len(parts), parts), start=1):
            print(f"\rpatches: {number * PART} of {len(parts) * PART}", end="", flush=True)  # noqa: T201
            yield made
    print()  # noqa: T201


def _part(seed: int, part: int) -> tuple[Grey, Grey]:
    cv2.setNumThreads(1)
    return patches(np.random.default_rng([seed, part]), PART)


def _others(seed: int, part: int) -> Grey:
    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, part, 1])
    return np.stack([without(rng) for _ in range(PART)])


def _seen(shown: Grey) -> torch.Tensor:
    return torch.from_numpy(np.stack([evened_patch(one) for one in shown])[:, None])


def trained(network: Network, shown: torch.Tensor, labels: torch.Tensor, passes: int, fastest: float) -> None:
    """Trains it, and says how far it is; fastest: the highest learning rate."""
    order = torch.randperm(len(shown))
    put_by, rest = order[:PUT_BY], order[PUT_BY:]
    steps = passes * (len(rest) // AT_ONCE)
    optimizer = torch.optim.AdamW(network.parameters(), lr=fastest, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, fastest, total_steps=steps)
    for number in range(passes):
        mixed = rest[torch.randperm(len(rest))]
        for begin in range(0, len(mixed) - AT_ONCE + 1, AT_ONCE):
            some = mixed[begin : begin + AT_ONCE]
            odds = network(_turned(shown[some]))[:, 0]
            loss = nn.functional.binary_cross_entropy_with_logits(odds, labels[some])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"pass {number + 1} of {passes}: {_learned(network, shown[put_by], labels[put_by])}", flush=True)  # noqa: T201


def _turned(shown: torch.Tensor) -> torch.Tensor:
    """By quarters, mirrored, light for dark: it is no less a code, and no more one."""
    shown = torch.rot90(shown, int(torch.randint(0, 4, (1,))), (2, 3))
    shown = shown.flip(3) if torch.rand(1) < 0.5 else shown
    return -shown if torch.rand(1) < 0.3 else shown


def _learned(network: Network, shown: torch.Tensor, labels: torch.Tensor) -> str:
    with torch.no_grad():
        odds = torch.cat([network(part)[:, 0] for part in shown.split(500)]).numpy()
    of_codes, of_others = np.sort(odds[labels.numpy() == 1]), odds[labels.numpy() == 0]
    taken = ((of_others > of_codes[int(len(of_codes) * (1 - share))]).mean() for share in KEPT)
    return ", ".join(f"{100 * wrong:.1f} % beside {100 * share:g} %" for wrong, share in zip(taken, KEPT, strict=True))


if __name__ == "__main__":
    main()
