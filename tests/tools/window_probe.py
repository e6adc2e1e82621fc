"""Draws the window of `ashyq-kiosk camera` in a process of its own, since Kivy has one window; prints JSON.

`SIZE PICTURE`: every text, whether it fits and lies inside; the window is written to PICTURE.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from kiosk.screens.gallery import Hall
from kiosk.screens.model import ScreenSettings
from kiosk.screens.start import prepare_kivy, require_window
from kiosk.tools.camera_words import LatestCode, Light, Second, block

LONGEST = Second(
    fps=29.9,
    asked_fps=30,
    size=(1920, 1080),
    pixel_format="MJPG",
    read_frames=30,
    with_code=28,
    cpu_ms=12.3,
    light=Light(117.4, 0.26, 0.51),
    edge_px=11.25,
    latest=LatestCode("QR code", 190, "thresholded", 2.71),
    is_located=True,
    hint="closer",
)


def main() -> None:
    width, height = (int(side) for side in sys.argv[1].split("x"))
    prepare_kivy(ScreenSettings(("en",), {"en": ""}, "UTC", fullscreen=False, width=width, height=height))
    require_window()
    from kivy.clock import Clock  # noqa: PLC0415  # after the window
    from kivy.core.window import Window  # noqa: PLC0415
    from kivy.lang import Builder  # noqa: PLC0415

    from kiosk.screens.camera_view import CameraApp  # noqa: PLC0415
    from kiosk.screens.fit import SMALLEST_PX, FitLabel, fits  # noqa: PLC0415

    hall = Hall()
    hall.turn_to("idle-read")
    app = CameraApp(hall.picture, lambda: block(LONGEST), lambda: False)
    root = app.build()
    Window.add_widget(root)
    for _ in range(10):  # boxes are laid out from outside in, and texts after their boxes
        app.tick()
        Clock.tick_draw()
        Builder.sync()  # what is drawn follows
    root.export_as_image().save(sys.argv[2])
    told = []
    for label in _labels(root, FitLabel):
        x, y = label.to_window(*label.pos)
        box = (int(label.width), int(label.height))
        told.append(
            {
                "text": label.text,
                "legible": label.font_size > SMALLEST_PX,
                "fits": fits(label.text, label.font_name, box, int(label.font_size), bold=label.bold),
                "inside": x >= -1 and y >= -1 and x + box[0] <= Window.width + 1 and y + box[1] <= Window.height + 1,
            }
        )
    print(json.dumps(told))  # noqa: T201  # this is its answer


def _labels(widget: Any, kind: type[Any]) -> Iterator[Any]:
    if isinstance(widget, kind) and widget.text:
        yield widget
    for child in widget.children:
        yield from _labels(child, kind)


if __name__ == "__main__":
    main()
