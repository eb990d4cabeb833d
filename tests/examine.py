"""Looks at sites, each in a fork of one process that has imported Django: ``python examine.py``, their paths on stdin.

Finds what a process for each would, in a quarter of the time. The first path is that of a site with everything: what
others have of it is not compiled again, and errors tell of it by its path there. Prints a line of JSON for each other:
what was wrong with it, or ``null``, and its home page as a visitor gets it.
"""

import importlib
import json
import os
import sys
import traceback
from contextlib import redirect_stdout
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

# Once, for all of them.
for name in ("django.contrib.admin.apps", "django.core.management.commands.makemigrations", "django.test", "pytest"):
    importlib.import_module(name)

compiled: dict[bytes, CodeType] = {}
compile_source = SourceFileLoader.source_to_code


def compiled_once(loader: SourceFileLoader, source: bytes, path: str, **options: Any) -> CodeType:
    """Of a source that was compiled before, what came of it then."""
    if source not in compiled:
        compiled[source] = compile_source(loader, source, path, **options)
    return compiled[source]


ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "ENV_FILE": "",
    "SECRET_KEY": "key-for-tests-only",
    "DEBUG": "true",
    "DEBUG_TOOLBAR": "false",
    "DATABASE_URL": "sqlite://:memory:",
    "CACHE_URL": "locmemcache://",
    "BROKER_URL": "memory://",
}


def examine(site: Path) -> str:
    """The home page of a site whose modules can all be imported, with a clean system check and complete migrations."""
    os.chdir(site)
    sys.path.insert(0, str(site))
    os.environ.update(ENVIRONMENT)
    django.setup()
    call_command("check", fail_level="WARNING", verbosity=0)
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "testing"]):
        for file in sorted(site.rglob("*.py")):
            module = ".".join(file.relative_to(site).with_suffix("").parts).removesuffix(".__init__")
            importlib.import_module(module)
    return home_page()


def home_page() -> str:
    """Of a site without content, whose database has no table but those that the page reads."""
    from django.apps import apps
    from django.db import connection
    from django.test import Client

    with connection.schema_editor() as editor:
        for app in ("auth", "contenttypes", "accounts", "pages"):
            for model in apps.get_app_config(app).get_models():
                editor.create_model(model)
    response = Client(headers={"host": "localhost"}).get("/")
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def main() -> None:
    SourceFileLoader.source_to_code = compiled_once
    for file in Path(sys.stdin.readline().removesuffix("\n")).glob("[!.]*/**/*.py"):
        compiled_once(SourceFileLoader(file.stem, str(file)), file.read_bytes(), str(file))
    for line in sys.stdin:
        receiving, sending = os.pipe()
        child = os.fork()
        if not child:
            try:
                with redirect_stdout(sys.stderr):
                    result = {"wrong": None, "page": examine(Path(line.removesuffix("\n")))}
            except BaseException:
                result = {"wrong": traceback.format_exc(), "page": ""}
            with os.fdopen(sending, "w", encoding="utf-8") as pipe:
                json.dump(result, pipe)
            os._exit(0)
        os.close(sending)
        with os.fdopen(receiving, encoding="utf-8") as pipe:
            print(pipe.read(), flush=True)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
