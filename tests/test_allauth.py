"""A site whose people sign in through django-allauth keeps its record and its lockout, without change."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import succeed

SETTINGS = """
from config.settings import *

INSTALLED_APPS += ["allauth", "allauth.account"]
MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]
AUTHENTICATION_BACKENDS += ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False  # ours is what is tested
ROOT_URLCONF = "allauth_urls"
"""

URLS = """
from django.urls import include, path

from config.urls import urlpatterns

urlpatterns = [path("allauth/", include("allauth.urls")), *urlpatterns]
"""

TESTS = """
import pytest
from django.test import Client

from accounts.models import User
from auth_tracking.models import LoginEvent

PASSWORD = "correct horse 9"


def sign_in(client, password):
    return client.post("/allauth/login/", {"login": "ada@example.com", "password": password}).status_code


@pytest.mark.django_db
def test_sign_ins_are_recorded_and_clear_what_failed(client):
    User.objects.create_user("ada@example.com", PASSWORD)
    for _ in range(3):
        assert [sign_in(client, "wrong") for _ in range(4)] == [200] * 4
        assert sign_in(client, PASSWORD) == 302
        client.post("/allauth/logout/")
    kinds = list(LoginEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == (["failed"] * 4 + ["signed_in", "signed_out"]) * 3


@pytest.mark.django_db
def test_too_many_attempts_are_refused(client):
    User.objects.create_user("ada@example.com", PASSWORD)
    assert [sign_in(client, "wrong") for _ in range(6)] == [200] * 5 + [429]
    assert sign_in(client, PASSWORD) == 429
    assert sign_in(Client(REMOTE_ADDR="192.0.2.1"), PASSWORD) == 302
"""


@pytest.mark.whole
def test_sign_ins_through_allauth_are_recorded_and_locked_out(generate: Callable[..., Path]) -> None:
    site = generate()
    for name, text in (("allauth_settings", SETTINGS), ("allauth_urls", URLS), ("test_allauth", TESTS)):
        (site / f"{name}.py").write_text(text, encoding="utf-8")
    command = ("uv", "run", "--with", "django-allauth>=65", "pytest", "--ds=allauth_settings")
    succeed(*command, "-o", "filterwarnings=default", "test_allauth.py", cwd=site)
