"""How users are made and found."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import BaseUserManager

from core.querysets import AnnouncingQuerySet

if TYPE_CHECKING:
    from accounts.models import User


class UserManager(BaseUserManager["User"]):
    """Makes users who sign in with their email address."""

    def get_queryset(self) -> AnnouncingQuerySet["User"]:
        return AnnouncingQuerySet(self.model, using=self._db, hints=getattr(self, "_hints", None))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make an ordinary user; one without a password cannot sign in until it is reset.

        Raises ValueError without an address, and IntegrityError if somebody has that one.
        """
        if not email:
            raise ValueError("A user needs an email address.")
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user who may do everything."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True} | fields)
