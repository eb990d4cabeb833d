"""What people say about themselves."""

from django.conf import settings
from django.db import models
from django.urls import reverse

from core.fields import MultilineTextField
from core.models import AtomicModel
from core.querysets import AnnouncingQuerySet


class ProfileQuerySet(AnnouncingQuerySet["Profile"]):
    """Finds profiles for fixtures, too."""

    def get_by_natural_key(self, email: str) -> "Profile":
        """The profile of the user with this natural key."""
        return self.get(user__email=email)


class Profile(AtomicModel):
    """A user's public page. Every user has one: see ``signals.py`` and ``backfill.py``."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    bio = MultilineTextField("about you", max_length=2000, blank=True, help_text="Plain text.")
    location = models.CharField(max_length=100, blank=True)
    website = models.URLField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProfileQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Profile of {self.user}"

    def natural_key(self) -> tuple[str, ...]:
        """That of its user."""
        return self.user.natural_key()

    def get_absolute_url(self) -> str:
        """Where everybody can read it."""
        return reverse("profiles:profile", args=[self.user_id])
