"""Central's time, which comes with its answers; and the end of a client, whatever it is at."""

import contextlib
import queue
import threading
import time
from datetime import datetime

import pytest

from kiosk.adapters.central_client import CentralClient
from kiosk.adapters.central_errors import (
    CentralUnreachable,
)
from kiosk.core.ports import CentralError
from tests.adapters.scripted_server import Act, ScriptedServer, answer, silence
from tests.adapters.test_central_client import AS_OF, GREEN, LONG_S, TOKEN, VISITOR, central

DATE = "Tue, 01 Jun 2021 09:00:00 GMT"


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (answer(GREEN, Date=DATE), [AS_OF]),
        (answer({"nonsense": True}, Date=DATE), [AS_OF]),
        (answer(GREEN), []),
        (answer(GREEN, Date="yesterday"), []),
        (answer(GREEN, Date="Tue, 01 Jun 999999999999 09:00:00 GMT"), []),
        (answer(GREEN, Date="Tue, 01 Jun 2021 09:00:00 +99999999999999"), []),
        (answer(GREEN, Date=DATE, Age="86400"), []),
        (answer(GREEN, Date="Tue, 01 Jun 2021 09:00:00 -0000"), []),
        (answer("<html>Log in</html>", 200, "text/html", Date=DATE), []),
        (answer({}, 302, Location="http://127.0.0.1:9/", Date=DATE), []),
        (answer({}, 500, Date=DATE), []),
    ],
)
def test_centrals_time(act: Act, told: list[datetime]) -> None:
    """It comes with central's own answers; that of a log-in page or of a proxy in between is nobody's."""
    dates: list[datetime] = []
    with ScriptedServer(act) as server:
        before = time.monotonic()

        def on_date(date: datetime, asked_at: float, answered_at: float) -> None:
            assert before <= asked_at <= answered_at <= time.monotonic()
            dates.append(date)

        client = CentralClient(server.url, TOKEN, on_date=on_date)
        with contextlib.suppress(CentralError):
            client.check(VISITOR, LONG_S)
        client.close()
    assert dates == told


def test_a_client_that_is_closed_ends_what_hangs_and_takes_no_more() -> None:
    """A terminal that stops waits for nobody, whether the call has a connection yet or not."""
    with central(silence) as (client, server):
        ended: queue.SimpleQueue[Exception] = queue.SimpleQueue()

        def hang() -> None:
            try:
                client.check(VISITOR, LONG_S)
            except CentralError as error:
                ended.put(error)

        thread = threading.Thread(target=hang)
        thread.start()
        while not server.requests:
            thread.join(0.01)
        client.close()
        assert isinstance(ended.get(timeout=5), CentralUnreachable)
        thread.join(5)
        with pytest.raises(CentralUnreachable):
            client.check(VISITOR, LONG_S)
