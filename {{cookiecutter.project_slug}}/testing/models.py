"""Models for the tests of apps that work with any model. They have no migrations."""

from django.conf import settings
from django.db import models

from core.models import AtomicModel
from core.querysets import AnnouncingQuerySet


class Category(AtomicModel):
    name = models.CharField(max_length=50)

    objects = AnnouncingQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Product(AtomicModel):
    name = models.CharField(max_length=50)
    description = models.TextField(blank=True)
    price = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    supplier_code = models.CharField(max_length=50, blank=True)
    # No constraint: PostgreSQL makes this table before that of users, which has migrations.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, db_constraint=False
    )
    categories = models.ManyToManyField(Category, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    # % if cookiecutter.lifecycle_signals
    write_once = ("created_at",)

    # % endif
    objects = AnnouncingQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class SpecialProduct(Product):
    """A proxy: what is said of products is true of these too."""

    class Meta:
        proxy = True
