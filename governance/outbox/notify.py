"""Sends mail through GOV.UK Notify: the one keeper of its client, which is needed only where this is set.

Notify's own template has the two places ((subject)) and ((body)). Each mail's name goes along as its reference, so that
a mail of which nobody knows whether it was taken is asked for before it is sent again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from governance.kernel.errors import BadInput, Fault
from governance.outbox.couriers import NotSent
from governance.outbox.letters import Letter

SECONDS = 15
SHORTEST_KEY = 73
"""Two identifiers of 36 letters and what joins them."""


class NotifyCourier:
    """Gives mail to Notify, one request each."""

    def __init__(self, key: str, template: str, url: str = "") -> None:
        try:
            from notifications_python_client import errors  # noqa: PLC0415 - an optional extra
            from notifications_python_client.notifications import NotificationsAPIClient  # noqa: PLC0415
        except ImportError:
            cure = "Install the extra: pip install postern[notify]."
            raise BadInput([Fault("POSTERN_NOTIFY_KEY", "needs notifications-python-client", cure)]) from None
        if not template:
            cure = "Write the id of Notify's template with ((subject)) and ((body))."
            raise BadInput([Fault("POSTERN_NOTIFY_TEMPLATE", "is not set", cure)])
        more = {"base_url": url} if url else {}
        if len(key) < SHORTEST_KEY:
            raise BadInput([Fault("POSTERN_NOTIFY_KEY", "is no key of GOV.UK Notify")])
        logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL)  # it repeats what Notify says
        self._template = template
        self._errors: Any = errors
        client: Any = NotificationsAPIClient
        self._client = client(key, timeout=SECONDS, **more)

    def deliver(self, letter: Letter, hand_over: Callable[[], None], *, again: bool) -> None:
        """Send a mail, unless Notify says that it had it before; or raise `NotSent`."""
        if again and self._had(letter):
            return
        hand_over()
        with self._told_by_code():
            self._client.send_email_notification(
                email_address=letter.to,
                template_id=self._template,
                personalisation={"subject": letter.subject, "body": letter.text},
                reference=letter.name,
            )

    def close(self) -> None:
        """Let go of the connection."""
        self._client.request_session.close()

    def _had(self, letter: Letter) -> bool:
        with self._told_by_code():
            found = self._client.get_all_notifications(template_type="email", reference=letter.name)
        return bool(found["notifications"])

    @contextmanager
    def _told_by_code(self) -> Iterator[None]:
        """Turn what Notify says into a code."""
        try:
            yield
        except self._errors.HTTPError as wrong:
            status, bad_address = int(wrong.status_code), "email_address" in str(wrong.message)
        except (self._errors.APIError, OSError, ValueError):
            status, bad_address = 503, False
        else:
            return
        lasting = status == 400 and bad_address
        raise NotSent(f"notify_{status}", lasting=lasting, outage=not lasting)
