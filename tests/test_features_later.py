"""A feature is added to a site that has data and code of its own, and taken away; the others lose nothing."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import post_gen_project
from conftest import QUESTIONS, ROOT, SITE, Outcome, commit, done, services, succeed
from test_regenerating import README, block, files, replace
from test_sites import on_server

# The apps that have tables, by what chooses them.
APPS = {
    feature: path
    for feature, paths in post_gen_project.FEATURES.items()
    for path in paths
    if (ROOT / SITE / path / "migrations").is_dir()
}

MODEL = """
class Member(models.Model):
    user = models.OneToOneField("accounts.User", on_delete=models.CASCADE)
    number = models.PositiveIntegerField()

    def __str__(self) -> str:
        return str(self.number)
"""

# What somebody has made of a site: its own lines in files of the template, near the marked ones and far from them.
EDITS = {
    "accounts/models.py": (
        "    is_staff = models",
        '    motto = models.CharField(max_length=50, default="Onwards")\n    is_staff = models',
    ),
    "config/settings.py": ('LOGIN_URL = "login"\n', 'MEMBERS = 3  # mine\nLOGIN_URL = "login"\n'),
    "config/urls.py": (
        '    path("admin/", admin.site.urls),\n',
        '    path("admin/", admin.site.urls),\n    path("members/", include("members.urls")),\n',
    ),
    "templates/base.html": ("</body>", "<p>Made by us</p>\n</body>"),
    "pyproject.toml": ('    "gunicorn>=27",\n', '    "gunicorn>=27",\n    "typing-extensions>=4",\n'),
    "README.md": ("## Where things are\n", "## Members\n\nOurs.\n\n## Where things are\n"),
    ".env.example": ("# What the site reads", "# Ask Ada for the real ones.\n# What the site reads"),
}
OWN = {
    "members/__init__.py": "",
    "members/models.py": f"from django.db import models\n\n{MODEL}",
    "members/urls.py": "from django.urls import path\n\nfrom members import views\n\n"
    'urlpatterns = [path("", views.count)]\n',
    "members/views.py": "from django.http import HttpRequest, HttpResponse\n\nfrom members.models import Member\n\n\n"
    "def count(request: HttpRequest) -> HttpResponse:\n    return HttpResponse(str(Member.objects.count()))\n",
    "members/tests.py": "import pytest\nfrom django.test import Client\n\n\n@pytest.mark.django_db\n"
    'def test_nobody(client: Client) -> None:\n    assert client.get("/members/").content == b"0"\n',
}

FILL = """
from accounts.models import User
from members.models import Member
user = User.objects.create_user("ada@example.com", name="Ada", motto="Numbers")
Member.objects.create(user=user, number=7)
"""
LOOK = """
from accounts.models import User
from django.test import Client
print(User.objects.get(member__number=7).motto, Client().get("/members/", headers={"host": "localhost"}).content)
"""


def manage(site: Path, *arguments: str, env: dict[str, str] | None = None) -> str:
    """Run a command of a site."""
    return succeed("uv", "run", "manage.py", *arguments, cwd=site, env={"DEBUG_TOOLBAR": "false"} | (env or {}))


def shell(site: Path, code: str, env: dict[str, str] | None = None) -> str:
    """What code prints that runs in a site."""
    return manage(site, "shell", "--no-imports", "--command", code, env=env)


@pytest.fixture
def edited(create: Callable[..., Path]) -> Path:
    """A site without ``auth_tracking``, with code of its own and data."""
    site = create(auth_tracking=False)
    for name, (old, new) in EDITS.items():
        replace(site / name, old, new)
    replace(site / "config" / "settings.py", '    "profiles",\n', '    "profiles",\n    "members",\n')
    for name, text in OWN.items():
        (site / name).parent.mkdir(exist_ok=True)
        (site / name).write_text(text, encoding="utf-8")
    manage(site, "makemigrations", "accounts", "members", "--name", "own")
    manage(site, "migrate", "--verbosity", "0")
    shell(site, FILL)
    commit(site, "Edited")
    return site


@pytest.mark.whole
def test_cruft_adds_auth_tracking_to_an_edited_site_with_data_and_takes_it_away(
    edited: Path, update: Callable[..., None]
) -> None:
    before = files(edited)
    update(edited, auth_tracking=True)
    all_is_well(edited, before)
    succeed("uv", "run", "pytest", "-q", cwd=edited)
    assert "auth_tracking_loginevent" in tables(edited)

    (line,) = [line for line in block(edited, "uv run manage.py dumpdata APP") if "zero" in line]
    manage(edited, *line.replace("APP", "auth_tracking").split()[3:])
    commit(edited, "Versions of the dependencies")
    update(edited, auth_tracking=False)
    all_is_well(edited, before)
    succeed("uv", "run", "pytest", "-q", "accounts", "config", "members", "notifications", cwd=edited)
    assert not any(name.startswith("auth_tracking") for name in tables(edited))
    lock = "uv.lock"
    assert files(edited) | {lock: ""} == before | {lock: ""}


def all_is_well(site: Path, before: dict[str, str]) -> None:
    """The edits and the data are there, and the site works."""
    after = files(site)
    assert all(new in after[name] for name, (_, new) in EDITS.items())
    assert all(after[name] == text for name, text in OWN.items())
    assert {name for name in before if "/migrations/" in name} <= set(after)
    manage(site, "migrate", "--verbosity", "0")
    manage(site, "check", "--fail-level", "WARNING")
    manage(site, "makemigrations", "--check")
    assert shell(site, LOOK) == "Numbers b'1'\n"


def tables(site: Path, env: dict[str, str] | None = None) -> list[str]:
    """The tables in a site's database."""
    code = "from django.db import connection; print(*connection.introspection.table_names())"
    return shell(site, code, env).split()


USE = """
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from accounts.models import User
from pages.models import Tag
from subscriptions.models import MailOptOut, Subscription
call_command("seed_demo", verbosity=0)
user = User.objects.create_superuser("mary@example.com", password="correct horse", name="Mary")
client = Client(headers={"host": "localhost"})
assert client.post(reverse("login"), {"username": user.email, "password": "correct horse"}).status_code == 302
Subscription.objects.create(user=user, tag=Tag.objects.first())
MailOptOut.objects.create(user=user)
User.objects.get(email="alan@example.com").delete()
"""


# The answers that are not no and yes.
OFF = {"outbox": "in-process"}
ON = {"outbox": "outbox"}


@pytest.mark.whole
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_the_readme_says_takes_features_away_and_brings_them_back_with_their_data(
    generate: Callable[..., Path],
    regenerate: Callable[..., Outcome],
    database: str,
) -> None:
    name = f"template_regenerating_{uuid4().hex}"
    environment = services(database, "local", name)
    site = generate(database=database, signal_delivery="outbox")
    if environment:
        on_server(f"CREATE DATABASE {name}")
    manage(site, "migrate", "--verbosity", "0", env=environment)
    shell(site, USE, environment)
    commit(site)
    said = dict(
        re.findall(r"^- `(\w+)(?:=[\w-]+)?`, app `(\w+)`", (site / README).read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert said == {question(feature): app for feature, app in APPS.items()}

    manage(site, "relay_signals", "--once", env=environment)
    apps = list(APPS.values())
    kept = dump(site, "accounts", "pages", env=environment)
    # A migration may make some of these rows before they are loaded, under other keys: of profiles, for instance.
    dumped = {app: dump(site, app, "--natural-primary", env=environment) for app in apps}
    assert all(dumped.values()), dumped
    dumping, unapplying = block(site, "uv run manage.py dumpdata APP")
    for app in apps:
        manage(site, *dumping.replace("APP", app).split()[3:], env=environment)
        manage(site, *unapplying.replace("APP", app).split()[3:], env=environment)
    (forget,) = block(site, "uv run manage.py remove_stale_contenttypes")

    done(regenerate(site, *(f"{question(feature)}={OFF.get(feature, 'no')}" for feature in APPS)))
    commit(site)
    manage(site, "migrate", "--verbosity", "0", env=environment)
    manage(site, *forget.split()[3:], "--no-input", env=environment)
    manage(site, "check", "--fail-level", "WARNING", env=environment)
    assert not [table for table in tables(site, environment) if table.startswith(tuple(f"{app}_" for app in apps))]
    assert not {row["fields"]["app_label"] for row in dump(site, "contenttypes", env=environment)} & set(apps)
    assert dump(site, "accounts", "pages", env=environment) == kept

    commit(site)
    done(regenerate(site, *(f"{question(feature)}={ON.get(feature, 'yes')}" for feature in APPS)))
    manage(site, "migrate", "--verbosity", "0", env=environment)
    for app in apps:
        manage(site, "loaddata", f"../{app}.json", env=environment)
    assert {app: dump(site, app, "--natural-primary", env=environment) for app in apps} == dumped
    assert dump(site, "accounts", "pages", env=environment) == kept
    manage(site, "check", "--fail-level", "WARNING", env=environment)
    if environment:
        on_server(f"DROP DATABASE {name} WITH (FORCE)")


def question(feature: str) -> str:
    """The question that chooses what ``FEATURES`` of the hook names."""
    return feature if feature in QUESTIONS else "signal_delivery"


def dump(site: Path, *arguments: str, env: dict[str, str]) -> list[dict[str, Any]]:
    """What ``dumpdata`` prints with these arguments, sorted."""
    rows: list[dict[str, Any]] = json.loads(manage(site, "dumpdata", *arguments, env=env))
    return sorted(rows, key=str)
