"""A site is generated again, by Cookiecutter and by cruft: with the same answers, others, and a newer template."""

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import post_gen_project
import pytest
import yaml
from conftest import FEATURES, QUESTIONS, ROOT, SITE, Examined, Outcome, run, services, succeed
from test_answers import ODD_NAME
from test_hooks import git
from test_output import text_files
from test_sites import on_server

Tool = Callable[..., Outcome]

# The apps that have tables, by what chooses them.
APPS = {
    feature: path
    for feature, paths in post_gen_project.FEATURES.items()
    for path in paths
    if (ROOT / SITE / path / "migrations").is_dir()
}

# The first of them by default, the others where there is time.
EACH = [FEATURES[0], *(pytest.param(feature, marks=pytest.mark.whole) for feature in FEATURES[1:])]

README = "README.md"
RECORD = ".cruft.json"

ODD = {"project_name": ODD_NAME, "project_slug": "site"}

STACK = {"database": "postgresql", "cache": "redis", "signal_delivery": "outbox", "django_version": "6.1"}


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """That of somebody who has no settings but a name, and whose Python keeps bytecode."""
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.com\n", encoding="utf-8")
    return {
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PYTHONDONTWRITEBYTECODE": "",
    }


def commit(directory: Path, message: str = "Something") -> None:
    """Commit all that lies in a directory, which becomes a repository if it is none."""
    git(directory, "init", "-q")
    git(directory, "add", "-A")
    git(directory, "commit", "-q", "--allow-empty", "-m", message)


@pytest.fixture(scope="session")
def repository(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as somebody has cloned it."""
    copy = tmp_path_factory.mktemp("repository") / "template"
    shutil.copytree(template, copy)
    commit(copy)
    return copy


@pytest.fixture
def newer(repository: Path, tmp_path: Path) -> Path:
    """One that a test may change."""
    succeed("git", "clone", "-q", repository, tmp_path / "newer", cwd=tmp_path)
    return tmp_path / "newer"


@pytest.fixture
def cruft(environment: dict[str, str], tmp_path: Path) -> Tool:
    """Run cruft's command."""

    def cruft(*arguments: str | Path, cwd: Path = tmp_path, env: dict[str, str] | None = None) -> Outcome:
        return run(sys.executable, "-m", "cruft", *arguments, cwd=cwd, env=environment | (env or {}))

    return cruft


@pytest.fixture
def cookiecutter(environment: dict[str, str], tmp_path: Path) -> Tool:
    """Run Cookiecutter's command."""

    def cookiecutter(*arguments: str | Path, cwd: Path = tmp_path, env: dict[str, str] | None = None) -> Outcome:
        return run(sys.executable, "-m", "cookiecutter", *arguments, cwd=cwd, env=environment | (env or {}))

    return cookiecutter


def done(outcome: Outcome) -> str:
    """What a command printed that succeeded."""
    assert outcome.code == 0, outcome
    return outcome.out


@pytest.fixture
def create(cruft: Tool, tmp_path: Path, repository: Path) -> Callable[..., Path]:
    """``create(**answers)``: a site by cruft, committed."""

    def create(template: Path = repository, place: Path = tmp_path, **answers: object) -> Path:
        done(cruft("create", template, "--no-input", "--output-dir", place, "--extra-context", json.dumps(answers)))
        site = place / str(answers.get("project_slug", "my-site"))
        commit(site, "Generated")
        return site

    return create


@pytest.fixture
def update(cruft: Tool) -> Callable[..., None]:
    """``update(site, **answers)``: bring these answers, and what is new in the template, into a site."""

    def update(site: Path, **answers: object) -> None:
        changed = ("--variables-to-update", json.dumps(answers)) if answers else ()
        assert "Good work!" in done(cruft("update", "--skip-apply-ask", *changed, cwd=site))
        assert not list(site.rglob("*.rej"))
        git(site, "add", "-A")
        git(site, "diff", "--cached", "--check")  # no line that marks a conflict
        git(site, "commit", "-qm", "Update")

    return update


@pytest.fixture
def regenerate(cookiecutter: Tool, repository: Path) -> Callable[..., Outcome]:
    """``regenerate(site, "profiles=no")``: by the line of the site's README."""

    def regenerate(site: Path, *answers: str, template: Path = repository) -> Outcome:
        (line,) = re.findall(r"^uvx cookiecutter (.+) FEATURE=yes$", (site / README).read_text("utf-8"), re.MULTILINE)
        arguments = line.replace("TEMPLATE", str(template)).split()
        return cookiecutter(*arguments, *answers, cwd=site)

    return regenerate


def files(site: Path) -> dict[str, str]:
    """The text of each file of a site that git keeps, but cruft's record."""
    paths = git(site, "ls-files", "-z").split("\0")[:-1]
    return {path: (site / path).read_bytes().decode() for path in paths if path != RECORD}


def generated(site: Path) -> dict[str, str]:
    """The same of a site that is in no repository."""
    return {name: text for name, text in text_files(site).items() if name != RECORD}


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
            *("answers.yaml", ".env.example", "pyproject.toml", "config/settings.py")
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


def replace(file: Path, old: str, new: str) -> None:
    """Put another text where one stands, once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, file.name
    file.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def change(template: Path) -> None:
    """Make a newer version: with another filter, another question, and another consequence of an answer."""
    module = template / "local_extensions.py"
    replace(module, "sqlite:///db.sqlite3", "sqlite:///xy.sqlite3")
    replace(module, "            quoted,\n", "            quoted,\n            site_number,\n")
    replace(
        module,
        "def quoted(",
        'def site_number(sites: bool) -> str:\n    """A number."""\n    return "7" if sites else "0"\n\n\ndef quoted(',
    )
    replace(template / "cookiecutter.json", '  "profiles": true,\n', '  "profiles": true,\n  "sites": true,\n')
    marked = (
        "# % if cookiecutter.sites",
        '# % filter replace("1", cookiecutter.sites | site_number)',
        "SITE_ID = 1",
        "# % endfilter",
        "# % endif",
    )
    settings = template / SITE / "config" / "settings.py"
    replace(settings, "# Applications\n", "\n".join(("# Applications", "", *marked, "# The apps", "")))
    commit(template, "A newer version")


def block(site: Path, begins: str) -> list[str]:
    """The lines of a block of commands in a site's README, by how it begins."""
    text = (site / README).read_text(encoding="utf-8")
    (found,) = [code for code in re.findall(r"^```sh\n(.+?)```$", text, re.DOTALL | re.M) if code.startswith(begins)]
    return found.splitlines()


def words(line: str, tool: str, **values: object) -> list[str]:
    """The arguments of a command of the README, with these values for its placeholders."""
    for name, value in values.items():
        line = line.replace(name, str(value))
    words = subprocess.run(["sh", "-c", f'printf "%s\\0" {line}'], capture_output=True, check=True, text=True).stdout
    assert words.startswith(f"uvx\0{tool}\0")
    return words.split("\0")[2:-1]


class TestAnswersFile:
    def test_gives_the_same_site(self, generate: Callable[..., Path], regenerate: Callable[..., Outcome]) -> None:
        site = generate(profiles=False, **ODD, signal_delivery="outbox")
        commit(site)
        done(regenerate(site))
        assert git(site, "status", "--porcelain") == ""

    @pytest.mark.parametrize("feature", EACH)
    def test_with_another_answer_gives_the_difference_that_it_makes(
        self, generate: Callable[..., Path], regenerate: Callable[..., Outcome], tmp_path: Path, feature: str
    ) -> None:
        site = generate()
        commit(site)
        done(regenerate(site, f"{feature}=no"))
        git(site, "add", "-A")
        assert files(site) == generated(generate(output_dir=tmp_path / "other", **{feature: False}))

    def test_of_an_older_template_has_what_is_new_by_default_and_leaves_out_what_is_gone(
        self, newer: Path, generate: Callable[..., Path], regenerate: Callable[..., Outcome]
    ) -> None:
        site = generate(profiles=False)
        replace(site / "answers.yaml", "  cache: ", '  colour: "red"\n  cache: ')
        commit(site)
        change(newer)
        done(regenerate(site, template=newer))
        record = yaml.safe_load((site / "answers.yaml").read_text(encoding="utf-8"))["default_context"]
        assert record["sites"] == "yes"
        assert record["profiles"] == "no"
        assert "colour" not in record

    @pytest.mark.parametrize(
        ("answer", "other"), [('"sqlite"', '"mysql"'), ('"yes"', '"perhaps"'), ('"UTC"', '"Mars"')]
    )
    def test_with_an_answer_that_is_none_is_refused(
        self, generate: Callable[..., Path], regenerate: Callable[..., Outcome], answer: str, other: str
    ) -> None:
        # Else Cookiecutter would go on with the default, for this answer and for all after it.
        site = generate(signal_inspector=False)
        text = (site / "answers.yaml").read_text(encoding="utf-8")
        (site / "answers.yaml").write_text(text.replace(answer, other, 1), encoding="utf-8")
        commit(site)
        outcome = regenerate(site)
        assert outcome.code == 1
        (line,) = outcome.out.splitlines()
        assert other.strip('"') in line
        assert git(site, "status", "--porcelain") == ""

    def test_of_a_renamed_directory_takes_its_new_name(
        self, generate: Callable[..., Path], regenerate: Callable[..., Outcome], tmp_path: Path
    ) -> None:
        site = generate().rename(tmp_path / "renamed")
        commit(site)
        done(regenerate(site))
        assert git(site, "status", "--porcelain") == ""
        assert (tmp_path / "my-site").is_dir()
        done(regenerate(site, "project_slug=renamed", "profiles=no"))
        assert not (site / "profiles").exists()

    def test_on_a_branch_that_is_merged_keeps_what_was_edited(
        self, generate: Callable[..., Path], regenerate: Callable[..., Outcome]
    ) -> None:
        site = generate(auth_tracking=False)
        commit(site)
        first, branch = (
            git(site, *command).strip() for command in (["rev-parse", "HEAD"], ["branch", "--show-current"])
        )
        replace(site / "config" / "settings.py", 'LOGIN_URL = "login"\n', 'LOGIN_URL = "login"\nMINE = True\n')
        commit(site)
        git(site, "switch", "-q", "--create", "feature", first)
        done(regenerate(site, "auth_tracking=yes"))
        commit(site)
        git(site, "switch", "-q", branch)
        git(site, "merge", "-q", "--no-edit", "feature")
        settings = (site / "config" / "settings.py").read_text(encoding="utf-8")
        assert "MINE = True" in settings
        assert "auth_tracking.middleware" in settings

    def test_in_a_directory_of_a_bigger_repository(
        self, generate: Callable[..., Path], regenerate: Callable[..., Outcome], tmp_path: Path
    ) -> None:
        site = generate(output_dir=tmp_path / "big" / "sites")
        commit(tmp_path / "big")
        (tmp_path / "big" / "notes").write_text("mine", encoding="utf-8")
        done(regenerate(site, "profiles=no"))
        assert not (site / "profiles").exists()
        outcome = regenerate(site)
        assert outcome.code == 1
        assert "holds changes that are not committed" in outcome.out


class TestReplay:
    @pytest.fixture
    def replayed(self, cookiecutter: Tool, newer: Path, environment: dict[str, str], tmp_path: Path) -> Path:
        """The file that Cookiecutter keeps of a site in ``first``."""
        (tmp_path / "first").mkdir()
        done(cookiecutter(newer, "--no-input", "profiles=no", "--output-dir", "first"))
        return Path(environment["HOME"], ".cookiecutter_replay", "newer.json")

    def test_gives_the_same_site(self, replayed: Path, cookiecutter: Tool, newer: Path, tmp_path: Path) -> None:
        for arguments in (("--replay",), ("--replay-file", replayed)):
            done(cookiecutter(newer, *arguments))
            assert generated(tmp_path / "my-site") == generated(tmp_path / "first" / "my-site")
            shutil.rmtree(tmp_path / "my-site")

    @pytest.mark.parametrize(
        ("question", "answer"),
        [
            ("timezone", "Mars"),
            ("database", "mysql"),
            ("profiles", "perhaps"),
            ("project_slug", "../x"),
            ("cache", None),
        ],
    )
    @pytest.mark.parametrize("hooks", ["yes", "no"])
    def test_of_a_bad_answer_is_refused(
        self, replayed: Path, cookiecutter: Tool, newer: Path, tmp_path: Path, question: str, answer: object, hooks: str
    ) -> None:
        edited = json.loads(replayed.read_text(encoding="utf-8"))
        edited["cookiecutter"][question] = answer
        replayed.write_text(json.dumps(edited), encoding="utf-8")
        before = sorted(tmp_path.iterdir())
        outcome = cookiecutter(newer, "--replay", "--accept-hooks", hooks)
        assert outcome.code == 1
        assert re.fullmatch(f"{question} cannot be .+\n", outcome.out)
        assert outcome.err == ""
        assert sorted(tmp_path.iterdir()) == before

    def test_asks_for_an_answer_that_is_missing_and_without_a_terminal_ends(
        self, replayed: Path, cookiecutter: Tool, newer: Path, tmp_path: Path
    ) -> None:
        change(newer)
        outcome = cookiecutter(newer, "--replay")
        assert outcome.code == 1
        assert outcome.err.strip() == "Aborted!"
        assert not (tmp_path / "my-site").exists()

    def test_passes_over_what_is_unknown(self, replayed: Path, cookiecutter: Tool, newer: Path, tmp_path: Path) -> None:
        edited = json.loads(replayed.read_text(encoding="utf-8"))
        edited["cookiecutter"] |= {"colour": "red", "__check_colour": "", "database_url": "old"}
        replayed.write_text(json.dumps(edited), encoding="utf-8")
        done(cookiecutter(newer, "--replay"))
        assert generated(tmp_path / "my-site") == generated(tmp_path / "first" / "my-site")

    def test_of_a_version_that_reads_the_template_in_another_way_is_refused(
        self, replayed: Path, cookiecutter: Tool, newer: Path, tmp_path: Path
    ) -> None:
        replace(newer / "cookiecutter.json", '"*.html", ', '"*.html", "*.jpeg", ')
        commit(newer)
        outcome = cookiecutter(newer, "--replay")
        assert outcome.code == 1
        assert re.fullmatch("The replay file is of another version of the template, .+\n", outcome.out)
        assert not (tmp_path / "my-site").exists()


class TestNothingIsLost:
    def test_with_hooks_off_an_edit_is_not_written_over(
        self, generate: Callable[..., Path], cookiecutter: Tool, repository: Path
    ) -> None:
        site = generate()
        commit(site)
        (site / "manage.py").write_text("mine", encoding="utf-8")
        (site / "own.py").write_text("mine", encoding="utf-8")
        before = git(site, "status", "--porcelain")
        for flags in (
            ("--accept-hooks", "no"),
            ("--skip-if-file-exists",),
            ("--skip-if-file-exists", "--accept-hooks", "no"),
        ):
            outcome = cookiecutter(repository, "--no-input", "--overwrite-if-exists", *flags)
            assert outcome.code == 1
            assert outcome.out.count("\n") == 1
            assert git(site, "status", "--porcelain") == before
            assert (site / "manage.py").read_text(encoding="utf-8") == "mine"

    def test_when_it_is_interrupted_git_brings_all_back(
        self, newer: Path, generate: Callable[..., Path], regenerate: Callable[..., Outcome]
    ) -> None:
        site = generate(profiles=False)
        commit(site)
        hook = newer / "hooks" / "post_gen_project.py"
        interrupt = f"import os\nos.kill(os.getppid(), {signal.SIGINT:d})\nraise SystemExit\n"
        hook.write_text(interrupt, encoding="utf-8")
        assert regenerate(site, "activity_log=no", template=newer).code != 0
        assert (site / "profiles").exists()
        outcome = regenerate(site)
        assert outcome.code == 1
        assert "holds changes that are not committed" in outcome.out
        git(site, "restore", ".")
        git(site, "clean", "-qfd")
        assert git(site, "status", "--porcelain") == ""


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_code_page_makes_no_difference(
    generate: Callable[..., Path],
    regenerate: Callable[..., Outcome],
    cookiecutter: Tool,
    repository: Path,
    encoding: str,
) -> None:
    site = generate(**ODD, author_name="\u7ad9 \u202e")
    commit(site)
    environment = {"PYTHONIOENCODING": encoding, "LC_ALL": "C", "PYTHONUTF8": "0"}
    line = block(site, "uvx cookiecutter")[0]
    arguments = words(line.removesuffix(" FEATURE=yes"), "cookiecutter", TEMPLATE=repository)
    done(cookiecutter(*arguments, cwd=site, env=environment))
    assert git(site, "status", "--porcelain") == ""


def test_the_same_answers_give_the_same_bytes_wherever_and_however(
    create: Callable[..., Path], cookiecutter: Tool, repository: Path, tmp_path: Path
) -> None:
    expected = files(create(place=tmp_path, cache_invalidation=False, **ODD))
    for number, surroundings in enumerate([{"LC_ALL": "C", "TZ": "Asia/Tokyo"}, {"LC_ALL": "C.UTF-8", "TZ": "UTC"}]):
        place = tmp_path / "here and \u00e9l\u00e0" / str(number)
        place.mkdir(parents=True)
        (place / "given.yaml").write_text(expected["answers.yaml"], encoding="utf-8")
        environment = surroundings | {"PYTHONHASHSEED": str(number)}
        done(cookiecutter(repository, "--no-input", "--config-file", "given.yaml", cwd=place, env=environment))
        assert generated(place / "site") == expected


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


@pytest.mark.parametrize(
    "tests", [["accounts", "members"], pytest.param([], marks=pytest.mark.whole)], ids=["apps", "all"]
)
def test_cruft_adds_auth_tracking_to_an_edited_site_with_data_and_takes_it_away(
    edited: Path, update: Callable[..., None], tests: list[str]
) -> None:
    before = files(edited)
    update(edited, auth_tracking=True)
    all_is_well(edited, before, [*tests, "auth_tracking"] if tests else [])
    assert "auth_tracking_loginevent" in tables(edited)

    (line,) = [line for line in block(edited, "uv run manage.py dumpdata") if "zero" in line]
    manage(edited, *line.replace("APP", "auth_tracking").split()[3:])
    commit(edited, "Versions of the dependencies")
    update(edited, auth_tracking=False)
    all_is_well(edited, before, tests)
    assert not any(name.startswith("auth_tracking") for name in tables(edited))
    lock = "uv.lock"
    assert files(edited) | {lock: ""} == before | {lock: ""}


def all_is_well(site: Path, before: dict[str, str], tests: list[str]) -> None:
    """The edits and the data are there, and the site works."""
    after = files(site)
    assert all(new in after[name] for name, (_, new) in EDITS.items())
    assert all(after[name] == text for name, text in OWN.items())
    assert {name for name in before if "/migrations/" in name} <= set(after)
    manage(site, "migrate", "--verbosity", "0")
    manage(site, "check", "--fail-level", "WARNING")
    manage(site, "makemigrations", "--check")
    assert shell(site, LOOK) == "Numbers b'1'\n"
    assert re.search(r"\d+ passed", succeed("uv", "run", "pytest", "-q", *tests, cwd=site))


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

ALL = list(APPS)
ONE_BY_ONE = [pytest.param("sqlite", [name], id=name, marks=pytest.mark.whole) for name in APPS]


@pytest.mark.parametrize(
    ("database", "features"),
    [
        pytest.param("sqlite", ALL, id="sqlite"),
        pytest.param("postgresql", ALL, id="postgresql", marks=pytest.mark.whole),
        *ONE_BY_ONE,
    ],
)
def test_what_the_readme_says_takes_features_away_and_brings_them_back_with_their_data(
    generate: Callable[..., Path],
    regenerate: Callable[..., Outcome],
    database: str,
    features: list[str],
) -> None:
    name = f"template_regenerating_{uuid4().hex}"
    environment = services(database, "local", name)
    site = generate(database=database, signal_delivery="outbox")
    if environment:
        on_server(site, f"CREATE DATABASE {name}")
    manage(site, "migrate", "--verbosity", "0", env=environment)
    shell(site, USE, environment)
    commit(site)
    said = dict(
        re.findall(r"^- `(\w+)(?:=[\w-]+)?`, app `(\w+)`", (site / README).read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert {said[question(feature)] for feature in features} == {APPS[feature] for feature in features}

    manage(site, "relay_signals", "--once", env=environment)
    apps = [APPS[feature] for feature in features]
    kept = dump(site, "accounts", "pages", env=environment)
    dumped = {app: dump(site, app, env=environment) for app in apps}
    assert all(dumped.values()), dumped
    dumping, unapplying = block(site, "uv run manage.py dumpdata")
    for app in apps:
        manage(site, *dumping.replace("APP", app).split()[3:], env=environment)
        manage(site, *unapplying.replace("APP", app).split()[3:], env=environment)
    (forget,) = block(site, "uv run manage.py remove_stale_contenttypes")

    done(regenerate(site, *(f"{question(feature)}={OFF.get(feature, 'no')}" for feature in features)))
    commit(site)
    manage(site, "migrate", "--verbosity", "0", env=environment)
    manage(site, *forget.split()[3:], "--no-input", env=environment)
    manage(site, "check", "--fail-level", "WARNING", env=environment)
    assert not [table for table in tables(site, environment) if table.startswith(tuple(f"{app}_" for app in apps))]
    assert not {row["fields"]["app_label"] for row in dump(site, "contenttypes", env=environment)} & set(apps)
    assert dump(site, "accounts", "pages", env=environment) == kept

    commit(site)
    done(regenerate(site, *(f"{question(feature)}={ON.get(feature, 'yes')}" for feature in features)))
    manage(site, "migrate", "--verbosity", "0", env=environment)
    for app in apps:
        manage(site, "loaddata", f"../{app}.json", env=environment)
    assert {app: dump(site, app, env=environment) for app in apps} == dumped
    assert dump(site, "accounts", "pages", env=environment) == kept
    manage(site, "check", "--fail-level", "WARNING", env=environment)
    if environment:
        on_server(site, f"DROP DATABASE {name} WITH (FORCE)")


def question(feature: str) -> str:
    """The question that chooses what ``FEATURES`` of the hook names."""
    return feature if feature in QUESTIONS else "signal_delivery"


def dump(site: Path, *labels: str, env: dict[str, str]) -> list[dict[str, Any]]:
    """What is in the tables of these apps."""
    rows: list[dict[str, Any]] = json.loads(manage(site, "dumpdata", *labels, env=env))
    return sorted(rows, key=str)
