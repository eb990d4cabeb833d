"""What is true of every site that comes out, before it runs."""

import ast
import itertools
import re
import sys
import tomllib
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from allpairspy import AllPairs

import post_gen_project
from conftest import CHOICES, FEATURES, QUESTIONS, ROOT, SITE, STACK, Examined, succeed

Generate = Callable[..., Path]

# Everything, without and with servers, and nothing; then what is needed for every pair of answers to any two questions.
EVERYTHING = ["5.2", "sqlite", "local", "in-process"] + [True] * len(FEATURES)
EVERYTHING_ON_SERVERS = ["6.1", "postgresql", "redis", "celery"] + [True] * len(FEATURES)
NOTHING = ["5.2", "sqlite", "local", "outbox"] + [False] * len(FEATURES)
FIRST = [EVERYTHING, EVERYTHING_ON_SERVERS, NOTHING]
SITES = [
    dict(zip(CHOICES, answers, strict=True))
    for answers in FIRST + list(AllPairs(list(CHOICES.values()), previously_tested=FIRST))
]
# Every subset of the features, the stack another one each time.
STACKS = itertools.cycle(itertools.product(*(QUESTIONS[name] for name in STACK)))
SUBSETS = [
    dict(zip(CHOICES, (*stack, *subset), strict=True))
    for stack, subset in zip(STACKS, itertools.product([True, False], repeat=len(FEATURES)), strict=False)
]


def describe(answers: dict[str, object]) -> str:
    """A test's name for some answers."""
    return "-".join([name if value is True else str(value) for name, value in answers.items() if value is not False])


# What tells in a file that a feature is there.
TRACES = {
    "auth_tracking": r"auth_tracking|lockout|login_?event|trusted_proxy|ua.parser",
    "profiles": r"profile",
    "cache_invalidation": r"cache_invalidation|generation|read_through|CachedPageReads",
    "custom_signals": r"subscri|page_(un)?published|readers_found|announce_pages",
    "notifications": r"notification|\bbell\b",
    "activity_log": r"(?<!pg_stat_)activity",
    "lifecycle_signals": r"lifecycle|write_once|unapply",
    "request_metrics": r"request_metrics|metrics|prometheus",
    "signal_inspector": r"inspector|signal_trace|manage\.py signals",
}
DELIVERY_TRACES = {
    "in-process": r"(?<!mail\.)(?<!mail)outbox|\brelay|celery|broker",
    "outbox": r"celery|broker",
}

HAS_PROGRESS_BARS = ("auth_tracking", "profiles", "notifications", "activity_log", "request_metrics")
# When a site depends on what not every site does.
OPTIONAL_DEPENDENCIES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "celery": lambda answers: answers["signal_delivery"] == "celery",
    "psycopg": lambda answers: answers["database"] == "postgresql",
    "redis": lambda answers: answers["cache"] == "redis",
    "tqdm": lambda answers: answers["signal_delivery"] != "in-process" or any(map(answers.get, HAS_PROGRESS_BARS)),
    "ua-parser": lambda answers: answers["auth_tracking"],
}

# What names every feature, chosen or not.
RECORD = "answers.yaml"

# With these nothing is taken away.
MOST = {"database": "postgresql", "cache": "redis", "signal_delivery": "celery"}

OPTIONAL_APPS = {path for paths in post_gen_project.FEATURES.values() for path in paths if "/" not in path}

MARKED = re.compile(r"\s*# % (\w+)")


def text_files(site: Path) -> dict[str, str]:
    """Each tracked file's text by its path in the site."""
    files = sorted(path for path in site.rglob("*") if path.is_file() and path.name != ".env")
    return {path.relative_to(site).as_posix(): path.read_bytes().decode() for path in files}


def test_every_two_answers_meet_in_one_of_the_sites() -> None:
    for one, other in itertools.combinations(CHOICES, 2):
        for pair in itertools.product(CHOICES[one], CHOICES[other]):
            assert any((answers[one], answers[other]) == pair for answers in SITES), f"{one}, {other}: {pair}"


def test_every_subset_of_the_features_is_there_once() -> None:
    subsets = {tuple(answers[name] for name in FEATURES) for answers in SUBSETS}
    assert len(subsets) == len(SUBSETS) == 2 ** len(FEATURES)


@pytest.mark.parametrize(
    "answers",
    [pytest.param(answers, id=describe(answers)) for answers in SITES]
    + [
        pytest.param(answers, marks=pytest.mark.whole, id=describe(answers))
        for answers in SUBSETS
        if answers not in SITES
    ],
)
def test_a_site_is_whole_and_holds_no_trace_of_what_was_left_out(
    generate: Generate,
    examine: Callable[[Path, str], Examined],
    record_property: Callable[[str, object], None],
    answers: dict[str, Any],
) -> None:
    site = generate(**answers)
    assert not any((site / path).exists() for path in post_gen_project.not_wanted(answers))
    found = set()
    for name, text in text_files(site).items():
        nothing_of_the_template_shows(name, text)
        if name != RECORD:
            found |= {(trace, name) for trace in traces(text)}
    left_out = {name for name in FEATURES if not answers[name]} | {answers["signal_delivery"]}
    assert {(trace, name) for trace, name in found if trace in left_out} == set()
    assert {trace for trace, _ in found} >= {name for name in FEATURES if answers[name]}
    assert {name for name in OPTIONAL_DEPENDENCIES if name in dependencies(site)} == {
        name for name, wanted in OPTIONAL_DEPENDENCIES.items() if wanted(answers)
    }
    succeed(sys.executable, "-m", "ruff", "format", "--check", "--no-cache", ".", cwd=site)
    succeed(sys.executable, "-m", "ruff", "check", "--no-cache", "--extend-select", "RUF200", ".", cwd=site)
    assert examine(site, answers["django_version"]).wrong is None
    record_property("examined", answers)


def nothing_of_the_template_shows(name: str, text: str) -> None:
    """In a file that was generated, but for the section that says how to generate it again."""
    assert "cookiecutter" not in text.partition("## Add or take away a feature")[0].lower(), name
    assert not re.search(r"#\s*%", text), name
    if not name.endswith((".html", ".txt")):
        assert "{{" not in text, name
        assert "{%" not in text, name
    assert "\r" not in text, name
    assert text.endswith("\n") or not text, name
    assert "\n\n\n\n" not in text, name


@cache
def traces(text: str) -> frozenset[str]:
    """The features of which a file shows something, and the deliveries with which it would show too much."""
    patterns = TRACES | DELIVERY_TRACES
    return frozenset(name for name, pattern in patterns.items() if re.search(pattern, text, re.IGNORECASE))


@pytest.mark.parametrize(
    ("question", "answer", "setting"),
    [
        ("database", "postgresql", "DATABASE_URL=postgres://"),
        ("cache", "redis", "CACHE_URL=redis://"),
        ("signal_delivery", "celery", "BROKER_URL=redis://"),
    ],
)
def test_a_server_is_the_default_only_if_chosen(
    generate: Generate, tmp_path: Path, question: str, answer: str, setting: str
) -> None:
    chosen = generate(output_dir=tmp_path / "chosen", **{question: answer})
    assert setting in (chosen / ".env.example").read_text(encoding="utf-8")
    other = generate(output_dir=tmp_path / "other")
    assert setting not in (other / ".env.example").read_text(encoding="utf-8")


@pytest.mark.parametrize(("django", "python"), [("5.2", ">=3.11"), ("6.1", ">=3.12")])
def test_the_chosen_django_is_asked_for(generate: Generate, django: str, python: str) -> None:
    project = tomllib.loads((generate(django_version=django) / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"django~={django}.0" in project["dependencies"]
    assert project["requires-python"] == python


@pytest.mark.parametrize("answers", SITES, ids=describe)
def test_the_compose_file_starts_what_was_chosen(generate: Generate, answers: dict[str, object]) -> None:
    compose = yaml.safe_load((generate(**answers) / "compose.yaml").read_text("utf-8"))
    delivery = answers["signal_delivery"]
    expected = {
        "migrate": True,
        "web": True,
        "database": answers["database"] == "postgresql",
        "redis": answers["cache"] == "redis" or delivery == "celery",
        "relay": delivery == "outbox",
        "worker": delivery == "celery",
        "beat": delivery == "celery",
        "announce": answers["custom_signals"] and delivery != "celery",
    }
    services = compose["services"]
    assert set(services) == {name for name, there in expected.items() if there}
    for service in services.values():
        assert set(service.get("depends_on", ())) <= set(services)
        urls = [url for name, url in service.get("environment", {}).items() if name.endswith("_URL")]
        for host in re.findall(r"(?:@|redis://)(\w+):", " ".join(urls)):
            assert host in services
        assert {volume.partition(":")[0] for volume in service.get("volumes", ())} - {"."} <= set(compose["volumes"])


def dependencies(site: Path) -> set[str]:
    """The names of what a site installs."""
    project = tomllib.loads((site / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {re.split(r"[\[~>=]", requirement)[0] for requirement in project["dependencies"]}


def test_the_same_answers_give_the_same_bytes(generate: Generate, tmp_path: Path) -> None:
    assert text_files(generate(output_dir=tmp_path / "one")) == text_files(generate(output_dir=tmp_path / "two"))


@pytest.mark.parametrize("answers", SITES[:3], ids=describe)
def test_the_answers_are_recorded_with_the_version_of_the_template(generate: Generate, answers: dict[str, Any]) -> None:
    record = yaml.safe_load((generate(**answers) / RECORD).read_text("utf-8"))
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    words = {True: "yes", False: "no"}
    expected = {name: default for name, default in QUESTIONS.items() if isinstance(default, str)}
    expected |= {"project_slug": "my-site"} | {name: words.get(answer, answer) for name, answer in answers.items()}
    assert record == {"template_version": version, "default_context": expected}


def test_everything_chosen_is_the_template_without_its_marked_lines(generate: Generate, template: Path) -> None:
    generated, unrendered = text_files(generate(**MOST)), text_files(template / SITE)
    for files in (generated, unrendered):
        del files[RECORD]
    assert list(generated) == list(unrendered)
    for name, text in unrendered.items():
        expected, lines = expected_lines(text), generated[name].splitlines()
        assert len(lines) == len(expected), name
        assert [line for line, same in zip(lines, expected, strict=True) if same is not None] == [
            same for same in expected if same is not None
        ], name


def expected_lines(text: str) -> list[str | None]:
    """What is left of a file when every condition holds; None for a line that depends on an answer."""
    lines: list[str | None] = []
    blocks: list[str] = []
    for line in text.splitlines():
        if marked := MARKED.match(line):
            match marked[1]:
                case "if" | "filter" as word:
                    blocks.append(word)
                case "else":
                    blocks[-1] = "else"
                case "endif" | "endfilter":
                    blocks.pop()
                case word:
                    pytest.fail(f"No marked line begins with {word}.")
        elif "else" not in blocks:
            lines.append(None if "filter" in blocks or "{{ cookiecutter." in line else line)
    return lines


def test_no_marked_line_swallows_a_blank_line(template: Path) -> None:
    # Jinja takes white space behind a line statement for a part of it: the blank line would be missing in the site.
    for name, text in text_files(template / SITE).items():
        lines = text.splitlines()
        for line, following in itertools.pairwise(lines):
            assert not MARKED.match(line) or following.strip(), f"{name}: a blank line follows {line.strip()}"


def test_python_holds_answers_in_strings_only(template: Path) -> None:
    for file in (template / SITE).rglob("*.py"):
        for line in file.read_text(encoding="utf-8").splitlines():
            if "{{" in line:
                assert re.search(r'"\{\{ cookiecutter\.\w+ \| quoted \}\}"', line), f"{file.name}: {line}"
            assert "{%" not in line, f"{file.name}: {line}"


@pytest.mark.whole
def test_in_every_subset_modules_import_what_is_there(template: Path) -> None:
    environment = jinja2.Environment(line_statement_prefix="# %")  # of Python, as nothing of it becomes a page
    sources = {
        file.relative_to(template / SITE): file.read_text(encoding="utf-8") for file in (template / SITE).rglob("*.py")
    }
    # Modules that are the same in every site; and those that name others on marked lines.
    wirings = {
        path: environment.from_string(text)
        for path, text in sources.items()
        if path.name in ("apps.py", "forms.py", "views.py") and any(map(MARKED.match, text.splitlines()))
    }
    imports = {path: imported(text, sources) for path, text in sources.items() if path not in wirings}
    for subset, delivery in itertools.product(SUBSETS, QUESTIONS["signal_delivery"]):
        answers = subset | {"signal_delivery": delivery}
        gone = {Path(path) for path in post_gen_project.not_wanted(answers)}
        missing = {path for path in sources if gone & {path, *path.parents}}
        wired = {path: imported(text.render(cookiecutter=answers), sources) for path, text in wirings.items()}
        for path, modules in (imports | wired).items():
            assert path in missing or not modules & missing, f"{path} imports {modules & missing}, with {answers}"


def imported(text: str, files: Collection[Path]) -> set[Path]:
    """Which of these files a module imports."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}", *(f"{node.module}.{alias.name}" for alias in node.names)}
    paths = {Path(*name.split(".")) for name in names}
    return {file for path in paths for file in (path.with_suffix(".py"), path / "__init__.py") if file in files}


def test_optional_apps_do_not_vary_but_in_their_wiring(template: Path) -> None:
    for name, text in text_files(template / SITE).items():
        if name.split("/")[0] in OPTIONAL_APPS:
            assert name.endswith("/apps.py") or not any(map(MARKED.match, text.splitlines())), name
            assert "{{ cookiecutter" not in text, name


def test_optional_apps_do_not_import_one_another(template: Path) -> None:
    for name, text in text_files(template / SITE).items():
        # Where two of them meet, modules go with one of them, and apps.py has marked lines.
        meeting = {feature for feature, paths in post_gen_project.FEATURES.items() if name in paths}
        if not name.endswith(".py") or name.endswith("/apps.py") or meeting:
            continue
        for app in OPTIONAL_APPS - {name.split("/")[0]}:
            assert not re.search(rf"^\s*(from|import) {app}\b", text, re.MULTILINE), f"{name} imports {app}"
