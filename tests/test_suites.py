"""The suite of a generated site notices what breaks the site, and nothing else."""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from conftest import FEATURES, ROOT, SITE, Outcome, run, succeed

MUTANTS = ROOT / "tests" / "mutants"


class Break(NamedTuple):
    """Text of one file that is replaced by another."""

    what: str
    file: str
    old: str
    new: str


def connections(site: Path, app: str) -> Iterator[Break]:
    """Each statement of the app's ``apps.py`` that connects a receiver, taken out."""
    file = site / app / "apps.py"
    source = file.read_text(encoding="utf-8") if file.exists() else ""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = ast.unparse(node.value.func).rpartition(".")[2]
            if called.startswith("connect"):
                old = ast.get_source_segment(source, node)
                assert old is not None
                yield Break(f"line {node.lineno}: {ast.unparse(node)}", f"{app}/apps.py", old, "pass")


def mutants(app: str) -> Iterator[Break]:
    """The app's hand-written mutants."""
    file = MUTANTS / f"{app}.toml"
    for row in tomllib.loads(file.read_text(encoding="utf-8"))["mutant"] if file.exists() else []:
        yield Break(row["breaks"], row["file"], row["old"], row["new"])


def suite(site: Path, *arguments: str) -> Outcome:
    return run("uv", "run", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *arguments, cwd=site)


APPS = sorted(path.parent.name for path in (ROOT / SITE).glob("*/tests/"))


@pytest.mark.whole
@pytest.mark.parametrize("app", APPS)
def test_an_apps_suite_is_red_without_any_one_of_its_receivers_and_with_any_mutant(
    generate: Callable[..., Path], record_property: Callable[[str, object], None], app: str
) -> None:
    site = generate(signal_delivery="celery")
    assert suite(site, app).code == 0
    unnoticed = []
    breaks = [*connections(site, app), *mutants(app)]
    for what, file, old, new in breaks:
        path = site / file
        source = path.read_text(encoding="utf-8")
        assert source.count(old) == 1, f"{file} holds this {source.count(old)} times:\n{old}"
        path.write_text(source.replace(old, new), encoding="utf-8")
        outcome = suite(site, app, "-x")
        path.write_text(source, encoding="utf-8")
        assert outcome.code in (0, 1, 2, 4), outcome  # a site that no longer starts is noticed, too
        if outcome.code == 0:
            unnoticed.append(what)
    assert unnoticed == []
    record_property("breaks", len(breaks))


@pytest.mark.parametrize("chosen", [True, False])
def test_the_tests_that_the_readme_shows_pass(generate: Callable[..., Path], chosen: bool) -> None:
    site = generate(**dict.fromkeys(FEATURES, chosen))
    readme = (site / "README.md").read_text(encoding="utf-8").partition("### Test your own receivers\n")[2]
    (example,) = re.findall(r"```python\n(.*?)```", readme.partition("\nmodel-bakery")[0], re.DOTALL)
    (site / "test_example.py").write_text(example, encoding="utf-8")
    assert re.search(r"4 passed", suite(site, "test_example.py").out)


def setting(text: str) -> Callable[[Path], None]:
    """An edit that changes what ``config/settings.py`` has made of a setting."""

    def edit(site: Path) -> None:
        with (site / "config" / "settings.py").open("a", encoding="utf-8") as settings:
            settings.write(f"\n{text}\n")

    return edit


def replaced(file: str, old: str, new: str) -> Callable[[Path], None]:
    """An edit of one place in a file."""

    def edit(site: Path) -> None:
        source = (site / file).read_text(encoding="utf-8")
        assert source.count(old) == 1
        (site / file).write_text(source.replace(old, new), encoding="utf-8")

    return edit


MORE_FIELDS = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "LATEST")]
    operations = [
        migrations.AddField("user", "phone", models.CharField(max_length=30, blank=True)),
        migrations.AddField("user", "country", models.CharField(max_length=2, default="de"), preserve_default=False),
    ]
"""


def two_more_fields_of_user(site: Path) -> None:
    model = site / "accounts" / "models.py"
    source = model.read_text(encoding="utf-8")
    fields = "    phone = models.CharField(max_length=30, blank=True)\n    country = models.CharField(max_length=2)\n"
    changed = re.sub(r"^    name = .+\n", lambda line: line[0] + fields, source, count=1, flags=re.MULTILINE)
    assert changed != source
    model.write_text(changed, encoding="utf-8")
    latest = max((site / "accounts" / "migrations").glob("0*.py")).stem
    (site / "accounts" / "migrations" / "9000_more.py").write_text(
        MORE_FIELDS.replace("LATEST", latest), encoding="utf-8"
    )


SHOP = {
    "__init__.py": "",
    "models.py": """from django.conf import settings
from django.db import models


class Order(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    total = models.DecimalField(max_digits=8, decimal_places=2, default=0)

    def __str__(self):
        return str(self.pk)


class Basket(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)

    def __str__(self):
        return str(self.pk)
""",
    "signals.py": """from django.db.models.signals import post_save
from django.dispatch import receiver

from accounts.models import User
from shop.models import Basket


@receiver(post_save, sender=User)
def create_basket(instance, created, raw, using, **kwargs):
    if created and not raw:
        Basket.objects.using(using).create(user=instance)


def note_order(**kwargs):
    pass


def note_deletion(**kwargs):
    pass
""",
    "apps.py": """from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from shop import signals

        post_save.connect(signals.note_order, sender="shop.Order")
        post_delete.connect(signals.note_deletion, sender="shop.Order", dispatch_uid="shop.signals.note_deletion")
""",
    "migrations/__init__.py": "",
    "migrations/0001_initial.py": """from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            "Order",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("total", models.DecimalField(max_digits=8, decimal_places=2, default=0)),
                ("user", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)),
            ],
        ),
        migrations.CreateModel(
            "Basket",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("user", models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE)),
            ],
        ),
    ]
""",
}


def one_more_app(site: Path) -> None:
    for name, text in SHOP.items():
        (site / "shop" / name).parent.mkdir(parents=True, exist_ok=True)
        (site / "shop" / name).write_text(text, encoding="utf-8")
    setting('INSTALLED_APPS += ["shop"]')(site)


def with_allauth(site: Path) -> None:
    """As the site's README says."""
    readme = (site / "README.md").read_text(encoding="utf-8").partition("### With django-allauth\n")[2]
    settings, module = re.findall(r"```python\n(.*?)```", readme.partition("\n#")[0], re.DOTALL)
    setting(settings)(site)
    (site / "accounts" / "with_allauth.py").write_text(module, encoding="utf-8")
    succeed("uv", "add", "--quiet", "django-allauth", cwd=site)


# Nobody tells the tests of any of these.
EDITS: dict[str, Callable[[Path], None]] = {
    "language": setting('LANGUAGE_CODE = "de"'),
    "time zone": setting('TIME_ZONE = "Pacific/Auckland"'),
    "name of the site": setting('SITE_NAME = "Ada & Söhne <Ltd>"'),
    "lockout limits": setting('LOCKOUT_LIMITS = {"name_and_ip": 3, "name": 10, "ip": 50}'),
    "lockout window": setting("LOCKOUT_WINDOW = 60"),
    "lockout fails closed": setting("LOCKOUT_FAILS_OPEN = False"),
    "no lockout": setting("LOCKOUT = False"),
    "page after signing in": setting('LOGIN_REDIRECT_URL = "pages:home"'),
    "activity without a field": setting('ACTIVITY_LOG["pages.Page"] = {"exclude": ["body"]}'),
    "activity without a model": setting('del ACTIVITY_LOG["pages.Page"]'),
    "groups": setting('GROUPS["Support"].append("accounts.change_user")\nGROUPS["Writers"] = ["pages.add_page"]'),
    "navigation": replaced("config/settings.py", '("Account", "account", "users")', '("You", "account", "users")'),
    "fields of User": two_more_fields_of_user,
    "LocaleMiddleware": setting(
        'MIDDLEWARE.insert(MIDDLEWARE.index("django.middleware.common.CommonMiddleware"), '
        '"django.middleware.locale.LocaleMiddleware")'
    ),
    "sites": setting(
        'INSTALLED_APPS += ["django.contrib.sites"]\nSITE_ID = 1\n'
        'MIDDLEWARE += ["django.contrib.sites.middleware.CurrentSiteMiddleware"]'
    ),
    "one more backend": setting('AUTHENTICATION_BACKENDS += ["django.contrib.auth.backends.ModelBackend"]'),
    "one more app": one_more_app,
    "allauth": with_allauth,
    "password hashers": setting('PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]'),
    "sessions": setting('SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"'),
    "seconds in the cache": setting("CACHED_PAGE_SECONDS = 1"),
    "a warm home page": setting("KEEP_HOME_WARM = True"),
}


@pytest.mark.whole
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_ordinary_edit_leaves_the_suite_green(generate: Callable[..., Path], edit: Callable[[Path], None]) -> None:
    site = generate()
    edit(site)
    assert suite(site).code == 0
