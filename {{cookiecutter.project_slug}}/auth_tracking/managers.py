"""How events are written."""

import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, models, router
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.utils.crypto import get_random_string

from accounts.fields import lower
from accounts.models import User
from auth_tracking.addresses import client_ip, ip_key, network
from auth_tracking.devices import device
from auth_tracking.names import cleaned, name_key, storable
from core.transactions import savepoint

if TYPE_CHECKING:
    from auth_tracking.models import LoginEvent

# Where a session keeps what its events have in common (not its key: who reads that can take the session over), and the
# number of its sign-in.
SESSION_KEY = "auth_tracking_session"
NUMBER_KEY = "auth_tracking_number"


class LoginEventManager(models.Manager["LoginEvent"]):
    """Writes each event with one INSERT.

    What the INSERT computes is in SQL: as expressions of Django's the same took three times as long as the INSERT.
    """

    def record_login(self, request: HttpRequest | None, user: User) -> "LoginEvent":
        """Record that ``user`` has signed in: as which one of their sign-ins, and whether from a new device.

        Both are computed by the INSERT itself. If another sign-in of this user takes the number meanwhile, the unique
        constraint refuses this one, and it counts again.
        """
        where = self.request_columns(request)
        where |= {"device": device(where["user_agent"])[:100], "network": network(where["ip"])}
        newest = None
        while True:
            try:
                with savepoint(self.target):
                    return self.create(
                        kind=self.model.Kind.SIGNED_IN,
                        user_id=user.pk,
                        **self.name_columns(user.get_username()),
                        **where | {"session": get_random_string(32)},
                        number=RawSQL(
                            "(SELECT COALESCE(MAX(number), 0) + 1 FROM auth_tracking_loginevent WHERE user_id = %s)",
                            [user.pk],
                        ),
                        new_device=RawSQL(
                            "NOT EXISTS (SELECT 1 FROM auth_tracking_loginevent WHERE user_id = %s AND device = %s"
                            " AND network = %s AND number IS NOT NULL)",
                            [user.pk, where["device"], where["network"]],
                        ),
                    )
            except IntegrityError:
                mine = self.using(self.target).filter(user=user)
                before, newest = newest, mine.aggregate(newest=models.Max("number"))["newest"]
                if newest == before:
                    raise  # nobody has taken a number meanwhile: it was something else

    def record_logout(self, request: HttpRequest | None, user: User) -> None:
        """Record that ``user`` has signed out."""
        with savepoint(self.target):
            self.create(
                kind=self.model.Kind.SIGNED_OUT,
                user_id=user.pk,
                name_key=name_key(user.get_username()),
                **self.request_columns(request),
            )

    def record_failure(self, request: HttpRequest | None, name: str, *, blocked: bool) -> None:
        """Record a try that failed, or was not let through, under the name that was typed.

        Whether an account has that name is looked up by the INSERT itself. If none has, the name is not stored. A try
        that was not let through is recorded once a window for each name and address.
        """
        names = self.name_columns(name)
        email = lower(storable(name))  # as Django looks it up
        event = self.model(
            kind=self.model.Kind.BLOCKED if blocked else self.model.Kind.FAILED,
            user_id=RawSQL("(SELECT id FROM accounts_user WHERE email = %s)", [email]),
            name=RawSQL(
                "CASE WHEN EXISTS (SELECT 1 FROM accounts_user WHERE email = %s) THEN %s ELSE '' END",
                [email, names["name"]],
            ),
            name_key=names["name_key"],
            **self.request_columns(request),
        )
        with savepoint(self.target):
            if blocked:
                event.network = ip_key(event.ip)
                event.window = int(time.time() // settings.LOCKOUT_WINDOW)
                refused = self.using(self.target).filter(name_key=event.name_key, network=event.network)
                if not refused.filter(window=event.window).exists():
                    self.bulk_create([event], ignore_conflicts=True)  # of several at the same instant, one
            else:
                event.save(force_insert=True)

    @property
    def target(self) -> str:
        """The database that events are written to."""
        return router.db_for_write(self.model)

    @staticmethod
    def name_columns(name: str) -> dict[str, str]:
        """The columns for a name."""
        return {"name": cleaned(name, 254), "name_key": name_key(name)}

    @staticmethod
    def request_columns(request: HttpRequest | None) -> dict[str, Any]:
        """The columns for where a request comes from, as far as there is one."""
        if request is None:
            return {"ip": None, "user_agent": "", "session": ""}
        session = getattr(request, "session", {})
        return {
            "ip": client_ip(request),
            "user_agent": cleaned(request.META.get("HTTP_USER_AGENT", ""), 400),
            "session": session.get(SESSION_KEY, ""),
        }
