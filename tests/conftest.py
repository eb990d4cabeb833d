"""What the tests of the template share: generating sites, and running commands in them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import pytest
from pytest_cookies.plugin import Cookies

ROOT = Path(__file__).resolve().parent.parent
SITE = "{{cookiecutter.project_slug}}"

CONTEXT: dict[str, Any] = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
QUESTIONS = {name: default for name, default in CONTEXT.items() if not name.startswith("_")}
FEATURES = [name for name, default in QUESTIONS.items() if default is True]

# The questions that have a choice, with their answers.
STACK = ("django_version", "database", "cache", "signal_delivery")
CHOICES: dict[str, list[Any]] = {name: QUESTIONS[name] for name in STACK} | {name: [True, False] for name in FEATURES}

# Where a shell has started the tests in the background it is ignored, and so it would be by what they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

collect_ignore = ["proofs"]  # they run in generated sites: see prove.py

# The oldest Python for each Django.
PYTHONS = {"5.2": (3, 11), "6.1": (3, 12)}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as git would have it, in a place of its own."""
    copy = tmp_path_factory.mktemp("template")
    listing = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listing, capture_output=True, check=True, text=True).stdout.split("\0")[:-1]:
        if (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="session")
def config_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Cookiecutter configuration that holds no defaults of whoever runs the tests."""
    home = tmp_path_factory.mktemp("cookiecutter")
    file = home / "config.yaml"
    file.write_text(f"cookiecutters_dir: {home}/templates\nreplay_dir: {home}/replay\n", encoding="utf-8")
    return file


@pytest.fixture
def generate(
    cookies: Cookies, template: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> Callable[..., Path]:
    """``generate(**answers)``: a new site, and where it is."""

    def generate(output_dir: Path = tmp_path, template: Path = template, **answers: object) -> Path:
        record_property("generated", answers)
        cookies._output_factory = lambda name: output_dir  # else always a new directory, of a name of its own
        return bake(cookies, template, answers)

    return generate


def bake(cookies: Cookies, template: Path, answers: dict[str, Any]) -> Path:
    """Where the new site is. Raises what went wrong."""
    baked = cookies.bake(extra_context=answers, template=str(template))
    if baked.exception:
        raise baked.exception
    return baked.project_path


class Outcome(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Tool = Callable[..., Outcome]


def outside_environment() -> dict[str, str]:
    """The environment, without what belongs to these tests and their virtual environment."""
    ours = {"VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "DATABASE_URL", "CACHE_URL", "SECRET_KEY", "DEBUG"}
    return {name: value for name, value in os.environ.items() if name not in ours and not name.startswith("PYTEST_")}


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> Outcome:
    """Run a command to its end."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=outside_environment() | (env or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def succeed(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """What a command prints that must succeed."""
    outcome = run(*command, cwd=cwd, env=env)
    assert outcome.code == 0, f"{' '.join(map(str, command))}\n{outcome.out}\n{outcome.err}"
    return outcome.out


def git(site: Path, *arguments: str) -> str:
    """What a git command prints, run by somebody of no account."""
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    return succeed("git", *identity, *arguments, cwd=site)


def commit(directory: Path, message: str = "Something") -> None:
    """Commit all that lies in a directory, which becomes a repository if it is none."""
    git(directory, "init", "-q")
    git(directory, "add", "-A")
    git(directory, "commit", "-q", "--allow-empty", "-m", message)


def done(outcome: Outcome) -> str:
    """What a command printed that succeeded."""
    assert outcome.code == 0, outcome
    return outcome.out


def python_for(django: str, *, newest: bool = False) -> str:
    """The path of an interpreter that this Django runs on, or of the newest; skips the test where there is none."""
    if sys.version_info >= PYTHONS[django] and not newest:
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    minors = range(PYTHONS[django][1], 20)
    for minor in reversed(minors) if newest else minors:
        found = [shutil.which(f"python3.{minor}"), *sorted(pyenv.glob(f"3.{minor}.*/bin/python"))]
        for candidate in filter(None, found):
            if subprocess.run([candidate, "--version"], capture_output=True, check=False).returncode == 0:
                return str(candidate)
    pytest.skip(f"Django {django} needs Python {'.'.join(map(str, PYTHONS[django]))} or later, and there is none here.")


class Examined(NamedTuple):
    """What ``examine.py`` found."""

    wrong: str | None
    page: str


@pytest.fixture(scope="session")
def examine(template: Path, cookies_session: Cookies) -> Iterator[Callable[[Path, str], Examined]]:
    """``examine(site, django_version)``: what ``examine.py`` finds of a site, with all that any site installs."""
    processes: dict[str, subprocess.Popen[str]] = {}

    def start(django: str) -> subprocess.Popen[str]:
        answers = {"django_version": django, "database": "postgresql", "cache": "redis", "signal_delivery": "celery"}
        site = bake(cookies_session, template, answers)
        process = subprocess.Popen(
            ["uv", "run", "--project", site, "python", "-B", Path(__file__).with_name("examine.py")],
            env=outside_environment() | {"UV_PYTHON": python_for(django), "UV_COMPILE_BYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        print(site, file=process.stdin, flush=True)
        return process

    def examine(site: Path, django: str) -> Examined:
        if django not in processes:
            processes[django] = start(django)
        process = processes[django]
        assert process.stdout is not None
        print(site, file=process.stdin, flush=True)
        return Examined(**json.loads(process.stdout.readline()))

    yield examine
    for process in processes.values():
        process.communicate()


def service(variable: str) -> str:
    """The URL of a real server; skips the test where none is named, or fails it where one has to be."""
    if variable in os.environ:
        return os.environ[variable]
    if "REQUIRE_SERVICES" in os.environ:
        pytest.fail(f"{variable} is not set, and REQUIRE_SERVICES says that it has to be.")
    pytest.skip(f"{variable} is not set.")


def services(database: str, cache: str, name: str) -> dict[str, str]:
    """The environment that takes a site to real servers where its answers ask for them, to a database of that name."""
    environment = {}
    if database == "postgresql":
        url = urlsplit(service("TEST_DATABASE_URL"))
        environment["DATABASE_URL"] = urlunsplit(url._replace(path=f"/{name}"))
    if cache == "redis":
        environment["CACHE_URL"] = service("TEST_CACHE_URL")
    return environment


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Path:
    """The template directory as it lies in the repository, unrendered."""
    copy = tmp_path / SITE
    shutil.copytree(template / SITE, copy)
    return copy


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
        (line,) = re.findall(
            r"^uvx cookiecutter (.+) FEATURE=yes$", (site / "README.md").read_text("utf-8"), re.MULTILINE
        )
        arguments = line.replace("TEMPLATE", str(template)).split()
        return cookiecutter(*arguments, *answers, cwd=site)

    return regenerate


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the sites' own tests, which take longest: else one worker goes on alone at the end."""
    items.sort(key=lambda item: item.path.name != "test_sites.py")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was covered."""
    reports = [report for report in terminalreporter.stats.get("passed", []) if report.when == "call"]
    properties = [name for report in reports for name, _ in report.user_properties]
    terminalreporter.write_line(
        f"Sites generated: {properties.count('generated')}. Imported, checked, migrations compared, linted: "
        f"{properties.count('examined')}. Taken through their own tests and types: {properties.count('tested')}. "
        f"Started and visited: {properties.count('visited')}."
    )
    proved = [value for report in reports for name, value in report.user_properties if name == "proved"]
    terminalreporter.write_line(f"Proofs passed: {sum(proved)}, in {len(proved)} sites.")
    examples = Counter[str]()
    for report in reports:
        for name, value in report.user_properties:
            if name == "examples":
                examples.update(value)
    terminalreporter.write_line(
        f"Odd answers tried: {examples.total()}. Shown by a site: {examples['shown']}. Refused: {examples['refused']}."
    )
