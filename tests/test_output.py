"""What is true of every site that comes out, before it runs."""

import ast
import itertools
import re
import sys
import tomllib
from collections.abc import Callable, Collection
from pathlib import Path

import jinja2
import post_gen_project
import pytest
import yaml
from allpairspy import AllPairs
from conftest import FEATURES, QUESTIONS, SITE, succeed

Generate = Callable[..., Path]

STACK = ("django_version", "database", "cache", "signal_delivery")
CHOICES = {name: QUESTIONS[name] for name in STACK} | {name: [True, False] for name in FEATURES}
# Every pair of answers to any two questions.
PAIRS = [dict(zip(CHOICES, values, strict=True)) for values in AllPairs(list(CHOICES.values()))]
# Every subset of the features, with every delivery; the rest of the stack is another one each time.
STACKS = itertools.cycle(itertools.product(*(QUESTIONS[name] for name in STACK[:-1])))
SUBSETS = [
    dict(zip(CHOICES, (*next(STACKS), delivery, *subset), strict=True))
    for subset in itertools.product([True, False], repeat=len(FEATURES))
    for delivery in QUESTIONS["signal_delivery"]
]
# Some of them, spread.
ANSWERS = PAIRS + [answers for answers in SUBSETS[::41] if answers not in PAIRS]

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


def describe(answers: dict[str, object]) -> str:
    """A test's name for some answers."""
    return "-".join(f"{name}={value}" for name, value in answers.items())


@pytest.mark.parametrize("answers", ANSWERS, ids=describe)
def test_nothing_of_the_template_shows_and_all_is_formatted_and_linted(
    generate: Generate, answers: dict[str, object]
) -> None:
    site = generate(**answers)
    for name, text in text_files(site).items():
        nothing_of_the_template_shows(name, text)
    succeed(sys.executable, "-m", "ruff", "format", "--check", "--no-cache", ".", cwd=site)
    succeed(sys.executable, "-m", "ruff", "check", "--no-cache", "--extend-select", "RUF200", ".", cwd=site)


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


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_that_was_not_chosen_leaves_no_trace(generate: Generate, tmp_path: Path, feature: str) -> None:
    chosen = text_files(generate(output_dir=tmp_path / "chosen"))
    assert any(re.search(TRACES[feature], text) for text in chosen.values())
    other = text_files(generate(output_dir=tmp_path / "other", **{feature: False}))
    del other[RECORD]
    for name, text in other.items():
        found = re.search(TRACES[feature], text, re.IGNORECASE)
        assert not found, f"{name}: {found and found.group()}"
        assert not any(f"{name}/".startswith(f"{path}/") for path in post_gen_project.FEATURES[feature])


@pytest.mark.parametrize("delivery", DELIVERY_TRACES)
def test_a_delivery_that_was_not_chosen_leaves_no_trace(generate: Generate, delivery: str) -> None:
    files = text_files(generate(signal_delivery=delivery))
    del files[RECORD]
    for name, text in files.items():
        found = re.search(DELIVERY_TRACES[delivery], text, re.IGNORECASE)
        assert not found, f"{name}: {found and found.group()}"


@pytest.mark.parametrize(
    ("question", "answer", "dependency", "setting"),
    [
        ("database", "postgresql", "psycopg", "DATABASE_URL=postgres://"),
        ("cache", "redis", "redis", "CACHE_URL=redis://"),
        ("signal_delivery", "celery", "celery", "BROKER_URL=redis://"),
    ],
)
def test_a_server_is_a_dependency_and_the_default_only_if_chosen(
    generate: Generate, tmp_path: Path, question: str, answer: str, dependency: str, setting: str
) -> None:
    chosen = generate(output_dir=tmp_path / "chosen", **{question: answer})
    assert dependency in dependencies(chosen)
    assert setting in (chosen / ".env.example").read_text(encoding="utf-8")
    other = generate(output_dir=tmp_path / "other")
    assert dependency not in dependencies(other)
    assert setting not in (other / ".env.example").read_text(encoding="utf-8")


def test_what_several_features_need_stays_while_one_of_them_is_chosen(generate: Generate, tmp_path: Path) -> None:
    features = ("auth_tracking", "profiles", "notifications", "activity_log", "request_metrics")
    for number, chosen in enumerate(itertools.product([True, False], repeat=len(features))):
        site = generate(output_dir=tmp_path / str(number), **dict(zip(features, chosen, strict=True)))
        assert ("tqdm" in dependencies(site)) is any(chosen)


@pytest.mark.parametrize(("django", "python"), [("5.2", ">=3.11"), ("6.1", ">=3.12")])
def test_the_chosen_django_is_asked_for(generate: Generate, django: str, python: str) -> None:
    project = tomllib.loads((generate(django_version=django) / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"django~={django}.0" in project["dependencies"]
    assert project["requires-python"] == python


@pytest.mark.parametrize("answers", PAIRS, ids=describe)
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


def test_everything_chosen_is_the_template_without_its_marked_lines(generate: Generate, template: Path) -> None:
    generated, unrendered = text_files(generate(**MOST)), text_files(template / SITE)
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


def test_in_every_subset_modules_import_what_is_there(template: Path) -> None:
    environment = jinja2.Environment(line_statement_prefix="# %")  # of Python, as nothing of it becomes a page
    sources = {
        file.relative_to(template / SITE): file.read_text(encoding="utf-8") for file in (template / SITE).rglob("*.py")
    }
    # Modules that are the same in every site; and those that wire an app to others, on marked lines.
    imports = {path: imported(text, sources) for path, text in sources.items() if path.name != "apps.py"}
    wirings = {path: environment.from_string(text) for path, text in sources.items() if path.name == "apps.py"}
    for answers in SUBSETS:
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
