"""USB scanners beside the camera: what they read becomes the same fact as what the camera sees."""

from collections.abc import Callable

from config import Settings
from hardware.wedge import TypedCode, Wedge
from kiosk import mapping
from kiosk.core.views import Fault
from kiosk.facts import Broke, CodeSeen, Fact, Mended
from kiosk.terminal import Stops

READER = "usb"


def build_usb_scanner(settings: Settings, post: Callable[[Fact], None], stops: Stops) -> tuple[Callable[[], None], ...]:
    """What must be started for USB scanners to be read; nothing where there are none."""
    wedge_settings = mapping.wedge_of(settings)
    if wedge_settings is None:
        return ()
    wedge = Wedge(wedge_settings, _Listener(post))
    stops.stop("usb scanner", wedge.stop)
    return (wedge.start,)


class _Listener:
    """Fits `hardware.wedge.WedgeListener`."""

    def __init__(self, post: Callable[[Fact], None]) -> None:
        self._post = post

    def code_typed(self, code: TypedCode) -> None:
        self._post(CodeSeen(code.payload, code.is_qr, READER, code.begun_at, in_view=False))

    def usb_scanner_lost(self, _why: str) -> None:
        self._post(Broke(Fault.SCANNER))

    def usb_scanner_found(self) -> None:
        self._post(Mended(Fault.SCANNER))
