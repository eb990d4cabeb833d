"""``manage.py test`` works in every way on SQLite, and leaves nothing behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

TESTS = """
from django.contrib.auth.models import Permission
from django.test import TestCase, TransactionTestCase

from accounts.models import User


class Pages(TestCase):
    def test_the_home_page(self):
        assert self.client.get("/").status_code == 200

    def test_the_account_page(self):
        self.client.force_login(User.objects.create_user("ada@example.com"))
        assert self.client.get("/accounts/").status_code == 200


class Migrated(TestCase):
    def test_permissions_are_there(self):
        assert Permission.objects.exists()


class Committed(TransactionTestCase):
    def test_users_are_saved(self):
        User.objects.create_user("ada@example.com")
"""


@pytest.mark.parametrize("options", [[], ["--parallel", "2"], ["--keepdb"], ["--parallel", "2", "--keepdb"]])
def test_manage_py_test_works_and_leaves_no_file(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "tests_of_an_owner.py").write_text(TESTS, encoding="utf-8")
    before = set(settings.BASE_DIR.iterdir())
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    for _ in range(2 if "--keepdb" in options else 1):
        done = subprocess.run(
            [sys.executable, "manage.py", "test", "tests_of_an_owner", *options],
            cwd=settings.BASE_DIR,
            env=environment | {"DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}", "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            check=False,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stderr
        assert "Ran 4 tests" in done.stderr
        assert "Traceback" not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == {"tests_of_an_owner.py"}
    assert {path for path in settings.BASE_DIR.iterdir() if "sqlite3" in path.name} <= before
