"""A site whose people sign in through django-allauth, set up as its README says, keeps its record and its lockout."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import succeed

SETTINGS = """
from config.settings import *

ACCOUNT_EMAIL_VERIFICATION = "none"
ROOT_URLCONF = "allauth_urls"
"""

URLS = """
from django.urls import include, path

from config.urls import urlpatterns

urlpatterns = [path("allauth/", include("allauth.urls")), *urlpatterns]
"""

TESTS = """
import pytest
from django.db.models.signals import post_save
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
    assert "blocked" in LoginEvent.objects.values_list("kind", flat=True)


@pytest.mark.django_db
def test_nobody_else_limits_sign_ins(client):
    for number in range(40):
        name = f"{number}@example.com"
        assert client.post("/allauth/login/", {"login": name, "password": "wrong"}).status_code == 200
    User.objects.create_user("ada@example.com", PASSWORD)
    assert sign_in(client, PASSWORD) == 302


@pytest.mark.django_db
def test_who_signs_up_has_a_name_from_the_first_save(client, captured):
    saved = captured(post_save, User)
    answers = {"email": "ada@example.com", "password1": PASSWORD}
    assert client.post("/allauth/signup/", answers).status_code == 200
    assert client.post("/allauth/signup/", answers | {"name": "Ada"}).status_code == 302
    assert User.objects.get().name == "Ada"
    assert saved[0].kwargs["instance"].name == "Ada"


@pytest.mark.django_db
def test_links_for_a_new_password_to_one_address_are_few(client, mailoutbox):
    User.objects.create_user("ada@example.com", PASSWORD)
    answers = [client.post("/allauth/password/reset/", {"email": "ada@example.com"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 3 + [429] * 3
    assert len(mailoutbox) == 3
"""


@pytest.mark.whole
def test_sign_ins_through_allauth_are_recorded_and_locked_out(generate: Callable[..., Path]) -> None:
    site = generate()
    readme = (site / "README.md").read_text(encoding="utf-8").partition("### With django-allauth\n")[2]
    settings, module = re.findall(r"```python\n(.*?)```", readme.partition("\n#")[0], re.DOTALL)
    (site / "accounts" / "with_allauth.py").write_text(module, encoding="utf-8")
    for name, text in (("allauth_settings", SETTINGS + settings), ("allauth_urls", URLS), ("test_allauth", TESTS)):
        (site / f"{name}.py").write_text(text, encoding="utf-8")
    command = ("uv", "run", "--with", "django-allauth>=65", "pytest", "--ds=allauth_settings")
    succeed(*command, "-o", "filterwarnings=default", "test_allauth.py", cwd=site)
