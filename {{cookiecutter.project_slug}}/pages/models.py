"""The site's content: pages, and the tags that sort them."""

from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models, router
from django.db.models.signals import m2m_changed
from django.urls import reverse
from django.utils import timezone

from core.fields import MultilineTextField
from core.models import AtomicModel
from core.querysets import AnnouncingQuerySet
from core.transactions import joined

if TYPE_CHECKING:
    from accounts.models import User


class Tag(AtomicModel):
    """A word that pages are found by."""

    name = models.CharField(max_length=50, unique=True)
    slug = models.SlugField(unique=True)

    objects = AnnouncingQuerySet["Tag"].as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The list of this tag's pages."""
        return reverse("pages:tag", args=[self.slug])


class PageQuerySet(AnnouncingQuerySet["Page"]):
    """Which pages there are for whom."""

    def published(self) -> Self:
        """Pages that everybody may see, the newest first."""
        return self.filter(published_at__lte=timezone.now()).order_by("-published_at", "-pk")

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """Published pages; for staff the drafts too."""
        return self.all() if user.is_staff else self.published()

    def for_reading(self) -> Self:
        """With what readers see of a page, its author's name and its tags: two queries in all."""
        return self._with_columns("title", "slug", "body", "published_at")

    def for_list(self) -> Self:
        """With what a list of pages shows: the same without the text."""
        return self._with_columns("title", "slug", "published_at")

    def _with_columns(self, *columns: str) -> Self:
        return self.select_related("author").only(*columns, "author__name").prefetch_related("tags")


class Page(AtomicModel):
    """A text with a title: a draft until ``published_at``, which may lie in the future."""

    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=200, unique=True)
    body = MultilineTextField(help_text="Plain text. An empty line begins a new paragraph.")
    # A page stays when its author leaves.
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    tags: "models.ManyToManyField[Tag, PageTag]" = models.ManyToManyField(Tag, through="PageTag", blank=True)
    published_at = models.DateTimeField(
        null=True, blank=True, help_text="Empty: a draft. In the future: appears at that time."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PageQuerySet.as_manager()

    # % if cookiecutter.lifecycle_signals
    write_once = ("created_at",)  # nobody changes it later: see lifecycle/write_once.py

    # % endif
    class Meta:
        base_manager_name = "objects"  # which ``user.page_set.add()`` writes through
        ordering = ["-published_at", "-pk"]
        indexes = [models.Index(fields=["-published_at", "-id"], name="pages_page_newest")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Where the page is read."""
        return reverse("pages:page", args=[self.slug])

    @property
    def is_published(self) -> bool:
        """Whether everybody may see the page now."""
        return self.published_at is not None and self.published_at <= timezone.now()


class PageTag(models.Model):
    """A row of the table behind ``Page.tags``. Saved or deleted on its own, it sends what ``page.tags`` would send.

    An inline in the admin writes such rows, and Django sends nothing for a table that it makes itself. This one is
    ``auto_created`` too: it still counts as Django's own in forms, fixtures and migrations.
    """

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="Page_tags+")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="Page_tags+")

    class Meta:
        auto_created = True
        db_table = "pages_page_tags"
        unique_together = [("page", "tag")]

    def __str__(self) -> str:
        return f"{self.page}: {self.tag}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        using = kwargs.get("using") or router.db_for_write(PageTag, instance=self)
        with joined(using):
            stored = PageTag.objects.using(using).filter(pk=self.pk).first() if self.pk else None
            if stored and (stored.page_id, stored.tag_id) == (self.page_id, self.tag_id):
                super().save(*args, **kwargs)
                return
            if stored:
                stored._send("pre_remove", using)
            self._send("pre_add", using)
            super().save(*args, **kwargs)
            if stored:
                stored._send("post_remove", using)
            self._send("post_add", using)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        using = kwargs.get("using") or router.db_for_write(PageTag, instance=self)
        with joined(using):
            self._send("pre_remove", using)
            deleted = super().delete(*args, **kwargs)
            self._send("post_remove", using)
        return deleted

    def _send(self, action: str, using: str) -> None:
        tags = {self.tag_id}
        m2m_changed.send(PageTag, instance=self.page, action=action, reverse=False, model=Tag, pk_set=tags, using=using)
