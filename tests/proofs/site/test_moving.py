"""The README's way to move a site's data to another database loses nothing, and gives nothing to somebody else."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.dispatch import delivery
from pages import publishing
from pages.models import Page, Tag
from proofs.databases import database_url

PASSWORD = "correct horse 9"
MOVED = "moved"

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", MOVED])


@pytest.fixture(scope="module", autouse=True)
def _new_alias(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A database beside that of the tests, which does not exist yet."""
    new = deepcopy(connections[DEFAULT_DB_ALIAS].settings_dict)
    sqlite = connection.vendor == "sqlite"
    new["NAME"] = str(tmp_path_factory.mktemp("moved") / "new.sqlite3") if sqlite else f"{new['NAME']}_moved"
    new["TEST"]["MIRROR"] = DEFAULT_DB_ALIAS  # so that no test empties it
    connections.settings[MOVED] = new
    yield
    del connections[MOVED], connections.settings[MOVED]


@pytest.fixture
def new_url() -> Iterator[str]:
    """What leads to the new, empty database."""
    name = connections.settings[MOVED]["NAME"]
    if connection.vendor == "sqlite":
        yield f"sqlite:///{name}"
        connections[MOVED].close()
        return
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield f"{database_url().rpartition('/')[0]}/{name}"
    connections[MOVED].close()
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def manage(command: str, url: str, file: Path) -> None:
    """Run a command of the README, and answer its question with yes."""
    assert command.startswith("uv run manage.py ")
    arguments = shlex.split(command.replace("../site.json", str(file)))[2:]
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"},  # without the app testing
        input="yes\n",
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def rows(model: type[Model], using: str) -> list[dict[str, Any]]:
    """A table, as a dump can tell it; of links without their own keys."""
    found = [dict(row) for row in model._base_manager.using(using).order_by("pk").values()]
    for row in found:
        if model._meta.auto_created:
            del row["id"]
        for name, value in row.items():
            if isinstance(value, datetime):
                row[name] = value.replace(microsecond=value.microsecond // 1000 * 1000)
    return sorted(found, key=str)


def use_the_site() -> None:
    """Leave something in most tables, with gaps in the keys, and names of users and pages that are gone."""
    call_command("migrate", verbosity=0)  # content types, permissions and groups, which other tests have taken away
    Group.objects.all().delete()
    Group.objects.create(name="Readers").permissions.set(Permission.objects.all()[:2])
    call_command("migrate", verbosity=0)  # those that the site always has come back, under other keys
    staff = User.objects.create_superuser("staff@example.com", PASSWORD, name="Staff")
    ada, bob, cyd = (User.objects.create_user(f"{name}@example.com", PASSWORD, name=name) for name in ("a", "b", "c"))
    for user in (ada, bob, cyd):
        client = Client()
        client.post(reverse("login"), {"username": user.email, "password": "wrong"})
        client.post(reverse("login"), {"username": user.email, "password": PASSWORD})
        if apps.is_installed("profiles"):
            client.post(reverse("profiles:edit"), {"bio": f"I am {user}."})
        tag = Tag.objects.create(name=f"Of {user}", slug=f"of-{user}")
        page = Page.objects.create(title=f"By {user}", slug=f"by-{user}", author=user)
        page.tags.add(tag)
        if apps.is_installed("subscriptions"):
            client.post(reverse("subscriptions:follow_tag", args=[tag.slug]))
            client.post(reverse("subscriptions:stop_mail"))
        if apps.is_installed("notifications"):
            names = ["page:site", "new_device:site"]
            client.post(reverse("notifications:switches"), {"shown": names, "on": names[1:]})
        publishing.publish(page)
        delivery().flush("default")
    editor = Client()
    editor.force_login(staff)
    cyd.groups.set(Group.objects.all())
    cyd.user_permissions.set(Permission.objects.all()[:3])
    editor.post(reverse("admin:accounts_user_delete", args=[ada.pk]), {"post": "yes"})
    Page.objects.filter(author=None).delete()
    Tag.objects.get(slug="of-a").delete()
    if apps.is_installed("subscriptions"):
        apps.get_model("subscriptions.MailOptOut").objects.filter(user=bob).delete()
    call_command("run_due")
    publishing.unpublish(Page.objects.get(author=bob))  # what is sent last still waits where signals are stored


def test_a_whole_site_is_moved(new_url: str, tmp_path: Path) -> None:
    use_the_site()
    readme = (settings.BASE_DIR / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Move the data to another database\n")[2].partition("\n## ")[0]
    dumping, loading = re.findall(r"^```sh\n(.+?)```$", section, re.DOTALL | re.MULTILINE)
    manage(dumping.strip(), database_url(), tmp_path / "site.json")
    for command in loading.splitlines():
        manage(command, new_url, tmp_path / "site.json")

    models = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.label != "sessions.Session" and model._meta.app_label != "testing"
    ]
    for model in models:
        assert rows(model, MOVED) == rows(model, DEFAULT_DB_ALIAS), model._meta.label
    filled = {model._meta.app_label for model in models if model._base_manager.exists()}
    unused = {"core", "request_metrics"}  # what no request fills, and what stores nothing in tests
    with_tables = {model._meta.app_label for model in models} - unused
    assert filled - unused == with_tables
    known = set(User.objects.values_list("pk", flat=True))
    new = User.objects.using(MOVED).create(email="new@example.com")
    assert new.pk not in known
