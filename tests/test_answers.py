"""Bad answers are refused as they are given; all others arrive as they were typed."""

import ast
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cookiecutter.cli import main

from conftest import run, succeed

ODD_NAME = "O'Brien's \"Été\" # % } \\ 站 😀"

ODD_TEXTS = ["'", '"', '"""', "\\", "\\n", "%s", "{}", "#", "<b>&amp;</b>", "a" * 95, "站" * 47, "[a](b) *c* _d_ `e`"]
ODD_TEXTS += ["\u202eright to left", "\N{WOMAN}\u200d\N{ROCKET}", "e\u0301", "a\N{TAG LATIN SMALL LETTER A}"]

REFUSED = {
    "project_name": [
        "",
        "   ",
        "two\nlines",
        "a\ttab",
        "bell\a",
        "next\x85line",
        "line\u2028break",
        "null\0",
        "half of a pair\ud83d",
        "\u200b",
        " around ",
        "a" * 96,
        "站" * 48,
        '"' * 20,
    ],
    "project_slug": [
        "",
        "My-Site",
        "1site",
        "-site",
        "site-",
        "site_",
        "a b",
        "a/b",
        "..",
        ".",
        "été",
        "a" * 51,
        "con",
        "lpt1",
        "template1",
        "site\n",
        "$(id)",
        "a;b",
        "C:",
    ],
    "description": ["", "two\nlines"],
    "author_name": ["", "Ada\rLovelace"],
    "author_email": [
        "",
        "ada",
        "ada@",
        "@example.com",
        "ada@localhost",
        "a b@example.com",
        "ada@example.com\n",
        '"a b"@example.com',
        "ada@-x.com",
        "ada@example..com",
        "a" * 250 + "@example.com",
    ],
    "timezone": ["", "Mars/Olympus", "Factory", "../../etc/passwd", "utc ", "UTC\n"],
}


@pytest.fixture
def ask(template: Path, config_file: Path, tmp_path: Path) -> Callable[..., Result]:
    """Run Cookiecutter's command, with these arguments and, for the questions, this input."""

    def ask(*arguments: str, stdin: str | None = None) -> Result:
        command = [str(template), "--output-dir", str(tmp_path), "--config-file", str(config_file), *arguments]
        return CliRunner().invoke(main, command, input=stdin)

    return ask


@pytest.mark.parametrize(
    ("question", "answer"), [(question, answer) for question, answers in REFUSED.items() for answer in answers]
)
def test_a_bad_answer_is_refused_with_one_line(
    ask: Callable[..., Result], tmp_path: Path, question: str, answer: str
) -> None:
    result = ask("--no-input", f"{question}={answer}")
    assert result.exit_code == 1
    assert re.fullmatch(rf"{question} cannot be .+: .+\.\n", result.output), result.output
    assert result.output.isascii()
    assert len(result.output) < 200
    assert isinstance(result.exception, SystemExit)
    assert list(tmp_path.iterdir()) == []


def test_a_bad_answer_is_refused_before_the_next_question(ask: Callable[..., Result], tmp_path: Path) -> None:
    result = ask(stdin="My Site\nMy Slug\nnever asked\n")
    assert result.exit_code == 1
    assert "[2/" in result.output
    assert "[3/" not in result.output
    assert "project_slug cannot be 'My Slug': use a lower-case letter" in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", ["{{ 7 * 7 }}", "{% raw %}", "{# note #}", "# % if x"])
def test_what_generating_again_would_run_is_refused(ask: Callable[..., Result], tmp_path: Path, code: str) -> None:
    result = ask(stdin=f"{code}\n")
    assert result.exit_code == 1
    assert "generating again, Cookiecutter would run it." in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ("django_version: 6.1", "django_version cannot be 6.1: in the configuration file, choose '5.2' or '6.1'."),
        (
            "database: oracle",
            "database cannot be 'oracle': in the configuration file, choose 'sqlite' or 'postgresql'.",
        ),
        ("profiles: maybe", "profiles cannot be 'maybe': in the configuration file, write yes or no."),
        ("profiles: 0", "profiles cannot be 0: in the configuration file, write true or false."),
        (
            "project_name: [My, Site]",
            "project_name cannot be ['My', 'Site']: in the configuration file, write text, in quotes.",
        ),
        ("project_name: 1.10", "project_name cannot be 1.1: in the configuration file, write text, in quotes."),
    ],
)
@pytest.mark.filterwarnings("ignore:Invalid default received:UserWarning")  # Cookiecutter's, which goes on then
def test_a_configuration_file_is_refused_for_a_wrong_answer(
    ask: Callable[..., Result], config_file: Path, tmp_path: Path, answer: str, line: str
) -> None:
    output, file = tmp_path / "output", tmp_path / "answers.yaml"
    file.write_text(
        f"{config_file.read_text('utf-8')}default_context:\n  {answer}\n  timezone: Mars\n", encoding="utf-8"
    )
    result = ask("--no-input", "--config-file", str(file), "--output-dir", str(output))
    assert (result.exit_code, result.output) == (1, f"{line}\n")
    assert not output.exists()


def test_a_bad_answer_is_refused_with_hooks_off_too(ask: Callable[..., Result], tmp_path: Path) -> None:
    assert ask("--no-input", "--accept-hooks", "no", "project_slug=My Slug").exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_no_traceback_reaches_the_terminal(template: Path, tmp_path: Path) -> None:
    outcome = run(sys.executable, "-m", "cookiecutter", template, "--no-input", "timezone=Mars", cwd=tmp_path)
    assert outcome.code == 1
    assert outcome.out + outcome.err == (
        "timezone cannot be 'Mars': use a name such as UTC, Europe/Paris or America/New_York.\n"
    )


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My Site", "my-site"),
        ("Été à Nîmes!", "ete-a-nimes"),
        ("x" * 80, "x" * 50),
        ("站", "zhan"),
        ("??", "my-site"),
        ("2026", "site-2026"),
        ("CON", "con-site"),
        ("Template1", "template1-site"),
    ],
)
def test_a_slug_is_made_from_any_name(generate: Callable[..., Path], name: str, slug: str) -> None:
    assert generate(project_name=name).name == slug


@pytest.mark.parametrize("text", [ODD_NAME, *ODD_TEXTS])
def test_any_text_arrives_as_it_was_typed(generate: Callable[..., Path], text: str) -> None:
    site = generate(project_name=text, project_slug="site", description=text, author_name=text)
    assert constant(site / "config" / "settings.py", "SITE_NAME") == text
    assert constant(site / "config" / "settings.py", "SITE_DESCRIPTION") == text
    project = tomllib.loads((site / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["description"] == text
    assert project["authors"][0]["name"] == text
    heading = (site / "README.md").read_text(encoding="utf-8").splitlines()[0]
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", heading) == f"# {text}"
    succeed(sys.executable, "-m", "ruff", "format", "--check", "--isolated", "--line-length=120", "config", cwd=site)


def constant(file: Path, name: str) -> object:
    """The value that a module gives to a name, without running it."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    raise LookupError(name)
