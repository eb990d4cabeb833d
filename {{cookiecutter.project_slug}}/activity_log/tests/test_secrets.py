"""The log says that a secret has changed, never what it is."""

import pytest
from django.utils import timezone

from accounts.models import User
from activity_log.models import ActivityEntry
from activity_log.named import SECRET
from testing.models import Product


def test_a_secret_field_is_recorded_without_its_value(lamp: Product) -> None:
    lamp.supplier_code = "S3CRET"
    lamp.save()
    assert ActivityEntry.objects.get().changes == {"supplier_code": None}


def test_no_entry_holds_a_secret(lamp: Product) -> None:
    product = Product.objects.create(name="Chair", supplier_code="S3CRET")
    product.supplier_code = "S3CRET too"
    product.save()
    product.delete()
    Product.objects.create(name="Table", supplier_code="S3CRET")
    Product.objects.all().delete()
    entries = list(ActivityEntry.objects.values())
    assert "supplier_code" in str(entries)
    assert "S3CRET" not in str(entries)


def test_a_password_is_a_secret_whatever_the_setting_says(lamp: Product, ada: User) -> None:
    ada.set_password("another one 8")
    ada.save()
    assert ActivityEntry.objects.get().changes == {"password": None}


@pytest.mark.parametrize(("name", "secret"), [("api_key", True), ("session_salt", True), ("keyboard", False)])
def test_secrets_are_known_by_their_names(name: str, secret: bool) -> None:
    assert bool(SECRET.search(name)) is secret


def test_an_excluded_field_is_not_recorded(lamp: Product, ada: User) -> None:
    ada.last_login = timezone.now()
    ada.save()
    assert not ActivityEntry.objects.exists()
