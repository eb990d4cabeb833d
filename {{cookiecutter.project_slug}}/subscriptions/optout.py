"""Links that stop the mail of what somebody follows, and mean nothing else.

They are signed, and work for whoever has one, without signing in. They never expire: people keep mail for years, and
what cannot be stopped is reported as unwanted.
"""

from django.core.signing import Signer
from django.urls import reverse


def signer() -> Signer:
    """Signs for this purpose alone."""
    return Signer(salt="subscriptions.optout")


def link(user: int) -> str:
    """The path of a user's link. It tells their key, and nothing else of them."""
    return reverse("subscriptions:unsubscribe", args=[signer().sign(str(user))])


def user_of(token: str) -> int:
    """The key of the user whose link has this token. Raises BadSignature if nobody's has."""
    return int(signer().unsign(token))
