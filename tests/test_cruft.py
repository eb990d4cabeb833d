"""cruft finds no difference in a new site, and brings features and newer templates into an edited one."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from conftest import Examined, Tool, commit, done, git, succeed
from test_regenerating import EACH, ODD, README, block, change, files, generated, replace, words

STACK = {"database": "postgresql", "cache": "redis", "signal_delivery": "outbox", "django_version": "6.1"}

# What `cruft update` does, when it is quick: the second version, as long as the first, within the same second.
TWO_VERSIONS = """
import os, re, sys
from pathlib import Path
import cruft
from cookiecutter.main import cookiecutter
module = Path(sys.argv[1], "local_extensions.py")
for name in ("ab", "cd"):
    text = re.sub("sqlite:///..[.]sqlite3", f"sqlite:///{name}.sqlite3", module.read_text(encoding="utf-8"))
    module.write_text(text, encoding="utf-8")
    os.utime(module, (1_000_000_000, 1_000_000_000))
    cookiecutter(sys.argv[1], no_input=True, output_dir=name)
"""


class TestCruft:
    def test_finds_no_difference_in_a_new_site(self, create: Callable[..., Path], cruft: Tool) -> None:
        site = create(**ODD, profiles=False)
        assert (site / ".env").exists()
        assert cruft("diff", "--exit-code", cwd=site) == (0, "", "")
        assert cruft("check", cwd=site).code == 0
        (site / ".env").write_text("SECRET_KEY=mine\n", encoding="utf-8")
        assert cruft("diff", "--exit-code", cwd=site) == (0, "", "")

    @pytest.mark.parametrize("feature", EACH)
    def test_adds_and_takes_away_a_feature_as_if_the_site_were_generated_anew(
        self,
        create: Callable[..., Path],
        update: Callable[..., None],
        generate: Callable[..., Path],
        examine: Callable[[Path, str], Examined],
        tmp_path: Path,
        feature: str,
    ) -> None:
        site = create(place=tmp_path, **{feature: False})
        without = files(site)
        update(site, **{feature: True})
        assert files(site) == generated(generate(output_dir=tmp_path / "full"))
        assert examine(site, "5.2").wrong is None
        update(site, **{feature: False})
        assert files(site) == without
        assert examine(site, "5.2").wrong is None

    @pytest.mark.whole
    @pytest.mark.parametrize(("question", "answer"), STACK.items())
    def test_changes_the_stack_as_if_the_site_were_generated_anew(
        self,
        create: Callable[..., Path],
        update: Callable[..., None],
        generate: Callable[..., Path],
        tmp_path: Path,
        question: str,
        answer: str,
    ) -> None:
        site = create()
        update(site, **{question: answer})
        assert files(site) == generated(generate(output_dir=tmp_path / "anew", **{question: answer}))

    def test_brings_what_is_new_in_the_template_into_an_edited_site(
        self, newer: Path, create: Callable[..., Path], update: Callable[..., None], tmp_path: Path
    ) -> None:
        site = create(template=newer, profiles=False)
        replace(site / "config" / "settings.py", 'LOGIN_URL = "login"\n', 'LOGIN_URL = "login"\nMINE = True\n')
        commit(site)
        before = files(site)
        change(newer)
        update(site)
        after = files(site)
        assert {name for name in before | after if before.get(name) != after.get(name)} == {
            *("answers.yaml", ".env.example", "testing/settings.py", "config/settings.py")
        }
        assert "DATABASE_URL=sqlite:///xy.sqlite3\n" in after[".env.example"]
        assert "SITE_ID = 7\n" in after["config/settings.py"]
        assert "MINE = True\n" in after["config/settings.py"]
        assert yaml.safe_load(after["answers.yaml"])["default_context"]["sites"] == "yes"
        update(site, sites=False)
        assert "SITE_ID" not in files(site)["config/settings.py"]

    def test_marks_a_line_that_both_have_changed_as_git_does(
        self, create: Callable[..., Path], cruft: Tool, tmp_path: Path
    ) -> None:
        site = create(auth_tracking=False)
        replace(site / "pyproject.toml", '    "whitenoise>=', '    "mine>=1",\n    "whitenoise>=')
        commit(site)
        done(cruft("update", "--skip-apply-ask", "--variables-to-update", '{"auth_tracking": true}', cwd=site))
        assert not list(site.rglob("*.rej"))
        assert git(site, "diff", "--name-only", "--diff-filter=U") == "pyproject.toml\n"
        text = (site / "pyproject.toml").read_text(encoding="utf-8")
        assert re.search('<<<<<<<.*"mine>=1".*=======.*"ua-parser>=.*>>>>>>>', text, re.DOTALL)

    def test_takes_each_version_for_itself_however_alike_they_are(
        self, newer: Path, environment: dict[str, str], tmp_path: Path
    ) -> None:
        succeed(sys.executable, "-c", TWO_VERSIONS, newer, cwd=tmp_path, env=environment)
        for name in ("ab", "cd"):
            example = tmp_path / name / "my-site" / ".env.example"
            assert f"DATABASE_URL=sqlite:///{name}.sqlite3" in example.read_text(encoding="utf-8")

    @pytest.mark.whole
    def test_links_a_site_that_cookiecutter_has_made(
        self,
        generate: Callable[..., Path],
        cruft: Tool,
        repository: Path,
        environment: dict[str, str],
        tmp_path: Path,
    ) -> None:
        site = generate(profiles=False, **ODD)
        commit(site)
        link, add, update, _, _ = block(site, "uvx cruft link")
        done(cruft(*words(link, "cruft", TEMPLATE=repository), cwd=site))
        assert cruft("diff", "--exit-code", cwd=site) == (0, "", "")
        succeed("sh", "-c", add, cwd=site, env=environment)
        done(cruft(*words(update, "cruft", FEATURE="profiles"), cwd=site))
        git(site, "add", "-A")
        assert files(site) == generated(generate(output_dir=tmp_path / "anew", **ODD))
        assert (site / "profiles" / "apps.py").exists()

    def test_does_not_write_over_what_git_does_not_have(
        self, create: Callable[..., Path], cruft: Tool, repository: Path
    ) -> None:
        site = create()
        (site / README).write_text("mine", encoding="utf-8")
        outcome = cruft("create", repository, "--no-input", "--overwrite-if-exists", cwd=site.parent)
        assert outcome.code == 1
        assert "holds changes that are not committed" in outcome.err
        assert (site / README).read_text(encoding="utf-8") == "mine"
