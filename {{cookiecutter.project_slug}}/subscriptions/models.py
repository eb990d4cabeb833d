"""What was announced of pages, who follows what, and who has got which mail."""

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.models import AtomicModel
from pages.models import Page, Tag

if TYPE_CHECKING:
    from accounts.models import User


class AnnouncementManager(models.Manager["Announcement"]):
    """Finds announcements for fixtures, too."""

    def get_by_natural_key(self, page: int) -> "Announcement":
        """What was told of the page with this key."""
        return self.get(page=page)


class Announcement(models.Model):
    """What the world was last told of a page. A page without one was never announced."""

    page = models.OneToOneField(Page, on_delete=models.CASCADE)
    published = models.BooleanField(help_text="Whether that was that the page is public.")
    readers_told_at = models.DateTimeField(null=True, help_text="When its readers were first looked for.")

    objects = AnnouncementManager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Page {self.page_id}: {'published' if self.published else 'unpublished'}"

    def natural_key(self) -> tuple[int]:
        """The key of its page."""
        return (self.page_id,)


class Subscription(AtomicModel):
    """Somebody wants to hear of the pages with a tag, or of those by an author."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    # The constraints bring an index for each of these two.
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, null=True, db_index=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, db_index=False, related_name="followers"
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(tag__isnull=True, author__isnull=False) | Q(tag__isnull=False, author__isnull=True),
                name="subscription_to_one_thing",
            ),
            # In this order, in which the readers of a page are looked for.
            models.UniqueConstraint(fields=["tag", "user"], name="subscription_to_tag"),
            models.UniqueConstraint(fields=["author", "user"], name="subscription_to_author"),
        ]

    def __str__(self) -> str:
        return f"{self.user} follows {self.followed}"

    @property
    def followed(self) -> "Tag | User":
        """The tag or the author that is followed."""
        return cast("Tag | User", self.tag or self.author)


class MailOptOutManager(models.Manager["MailOptOut"]):
    """Finds these for fixtures, too."""

    def get_by_natural_key(self, email: str) -> "MailOptOut":
        """That of the user with this natural key."""
        return self.get(user__email=email)


class MailOptOut(models.Model):
    """Somebody wants no mail of what they follow."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)

    objects = MailOptOutManager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"No mail for {self.user}"

    def natural_key(self) -> tuple[str, ...]:
        """That of its user."""
        return self.user.natural_key()


class SentMail(models.Model):
    """Somebody has got the mail that tells of a page, or is just being sent it.

    It is kept for ``KEPT``. Readers that are looked for longer ago get no mail any more: nobody knows who has got it.
    """

    KEPT = timedelta(days=30)

    # No constraints: whoever deletes a page or a user need not wait for a mail, nor fail because of one.
    page = models.ForeignKey(Page, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_constraint=False)
    time = models.DateTimeField(default=timezone.now)
    done = models.BooleanField(default=False, help_text="It was accepted by the mail server, or refused for good.")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["page", "user"], name="sent_mail_once")]
        indexes = [models.Index(fields=["time"], name="sent_mail_by_time")]

    def __str__(self) -> str:
        return f"Page {self.page_id} to user {self.user_id}"
