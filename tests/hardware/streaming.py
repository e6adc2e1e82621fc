"""A network camera on this machine: real MJPEG over real HTTP, which can be told to hang, to freeze, and to go away."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

from hardware.frames import Picture


class StreamingCamera:
    """Sends pictures made by `picture`, a function of their number, at `fps` until it is told otherwise."""

    def __init__(self, fps: float = 25) -> None:
        self.fps = fps
        self.picture: Callable[[int], Picture] = noisy(130)
        self.hangs = threading.Event()
        self.over = threading.Event()
        self.viewers = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/video"

    @contextmanager
    def on(self) -> Iterator["StreamingCamera"]:
        """Under power; the port stays the same when it is switched on again."""
        self.over.clear()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                camera.viewers += 1
                with contextlib.suppress(OSError):  # the viewer has gone
                    self._send()

            def _send(self) -> None:
                number = 0
                while not camera.over.wait(1 / camera.fps):
                    if camera.hangs.is_set():
                        continue
                    number += 1
                    _, data = cv2.imencode(".jpg", camera.picture(number))
                    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n"
                    self.wfile.write(head.encode() + data.tobytes() + b"\r\n")

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        server.daemon_threads = True
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            self.over.set()
            server.shutdown()
            thread.join()
            server.server_close()


def noisy(shade: int, pattern: Picture | None = None) -> Callable[[int], Picture]:
    """A picture with a sensor's noise, another one each time; with a pattern on it, if given."""
    base = np.full((240, 320), shade, np.int16)
    if pattern is not None:
        base[: pattern.shape[0], : pattern.shape[1]] = pattern

    def picture(number: int) -> Picture:
        noise = np.random.default_rng(number).integers(-4, 5, base.shape)
        return np.asarray(np.clip(base + noise, 0, 255), np.uint8)

    return picture


def always(picture: Picture) -> Callable[[int], Picture]:
    """The same picture, bit by bit."""
    return lambda _number: picture
