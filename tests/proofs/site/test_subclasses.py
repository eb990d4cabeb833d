"""Receivers hear of the proxies and children of a model, in an app of the owner's that is loaded after all others."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

FILES = {
    "app_of_an_owner_settings.py": """
from config.settings import *

INSTALLED_APPS = [*INSTALLED_APPS, "app_of_an_owner"]
ALLOWED_HOSTS = ["testserver"]
""",
    "app_of_an_owner/__init__.py": "",
    "app_of_an_owner/models.py": """
from django.db import models

from accounts.models import User
from pages.models import Page


class Customer(User):
    class Meta:
        proxy = True


class Member(User):
    number = models.IntegerField()


class News(Page):
    class Meta:
        proxy = True
""",
    "app_of_an_owner/admin.py": """
from django.contrib import admin

from accounts.admin import UserAdmin
from app_of_an_owner.models import Customer

admin.site.register(Customer, UserAdmin)
""",
}

# Adds a customer in the admin, saves a member, and prints who has a profile, and where each receiver was connected.
SCRIPT = """
import json

import django

django.setup()

from django.apps import apps
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from app_of_an_owner.models import Customer, Member

call_command("makemigrations", "app_of_an_owner", verbosity=0)
call_command("migrate", verbosity=0)
client = Client()
client.force_login(User.objects.create_superuser("admin@example.com", name="Admin"))
answers = {"email": "customer@example.com", "name": "Customer", "usable_password": "false"}
client.post("/admin/app_of_an_owner/customer/add/", answers)
Customer.objects.get(email="customer@example.com")
Member.objects.create(email="member@example.com", name="Member", number=1)
found = {}
if apps.is_installed("profiles"):
    from profiles.models import Profile

    found["profiles"] = sorted(Profile.objects.values_list("user__email", flat=True))
if apps.is_installed("signal_inspector"):
    from signal_inspector.connections import connections

    ours = [each for each in connections() if each.sender_name.startswith("app_of_an_owner.") and each.project]
    found["connected"] = [[each.sender_name, each.dispatch_uid, each.connected_at[0]] for each in ours]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the script has printed, in this site with the owner's app, once it has passed its checks."""
    directory = tmp_path_factory.mktemp("owner")
    for name, text in FILES.items():
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{directory / 'db.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "app_of_an_owner_settings",
        "PYTHONPATH": os.pathsep.join([str(directory), str(settings.BASE_DIR)]),
    }
    for command in (["manage.py", "check", "--fail-level", "WARNING"], ["-c", SCRIPT]):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            check=False,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_every_user_has_a_profile(found: dict[str, Any]) -> None:
    if "profiles" not in found:
        pytest.skip("This site has no profiles.")
    assert found["profiles"] == ["admin@example.com", "customer@example.com", "member@example.com"]


def test_the_inspector_lists_them_with_the_place_in_apps(found: dict[str, Any]) -> None:
    if "connected" not in found:
        pytest.skip("This site has no inspector.")
    for _, uid, place in found["connected"]:
        assert Path(place) == Path(settings.BASE_DIR, uid.partition(".")[0], "apps.py")
    senders = {(sender, uid) for sender, uid, _ in found["connected"]}
    if "profiles" in found:
        assert {
            (f"app_of_an_owner.{model}", "profiles.signals.create_profile") for model in ("Customer", "Member")
        } <= senders
