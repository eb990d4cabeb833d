"""How many notifications somebody has not read."""

from dataclasses import dataclass

from django.http import HttpRequest

from notifications.models import Notification

# Counting stops here.
MOST = 100

COUNTED = "_unread_notifications"


@dataclass(frozen=True)
class Unread:
    """A count as the bell shows it."""

    count: int

    @property
    def text(self) -> str:
        """Empty for none."""
        return "" if not self.count else str(self.count) if self.count < MOST else f"{MOST - 1}+"

    @property
    def label(self) -> str:
        """The bell's name, for those who do not see it."""
        return f"Notifications, {self.text} unread" if self.count else "Notifications, none unread"


def unread_of(request: HttpRequest) -> Unread | None:
    """What the request's user has not read, counted once in a request; None and no query if nobody is signed in."""
    user = request.user
    if not user.is_authenticated:
        return None
    if COUNTED not in vars(request):
        vars(request)[COUNTED] = Unread(Notification.objects.filter(user=user, read_at=None)[:MOST].count())
    found: Unread = vars(request)[COUNTED]
    return found
