"""Whatever is answered, by whatever way: a site that shows the very text, or one line that says why there is none."""

import ast
import html
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from zoneinfo import available_timezones

import pytest
import yaml
from click.testing import CliRunner, Result
from cookiecutter.cli import main
from cookiecutter.exceptions import FailedHookException
from cookiecutter.prompt import YesNoPrompt
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from conftest import CONTEXT, FEATURES, QUESTIONS, SITE, Examined, succeed
from local_extensions import (
    MAX_WIDTH,
    checked_email,
    checked_slug,
    checked_text,
    checked_timezone,
    columns,
    proposed_slug,
    quoted,
    shown,
)

Answers = dict[str, Any]
Record = Callable[[str, object], None]

# None of them stands anywhere else in a site: they show where an answer goes.
PLAIN = {
    "project_name": "Plain Name",
    "project_slug": "plain-slug",
    "description": "Plain description",
    "author_name": "Plain Author",
    "author_email": "plain@plain.example",
    "timezone": "Antarctica/Troll",
}
# Much at once that means something in one file or another.
MUCH = {
    "project_name": '"O\'Brien" \\ *a* _b_ `c` [d](e) <i>f</i> &amp; # g \u202e\u05d0 \U000e0041 站',
    "project_slug": "my-site-utc_2",
    "description": "%(name)s {} ${HOME} $(id) !important: - yes | no \"\"\" ''' \\",
    "author_name": "1. <!-- - ~~~ http://a.example ++ --- \ufeff 😀",
    "author_email": "o'brien+{x}#%`$HOME`@a.example",
    "timezone": "America/Argentina/Buenos_Aires",
}
# Every file that depends on an answer is there.
MOST = {"django_version": "5.2", "database": "postgresql", "cache": "redis", "signal_delivery": "celery"}

PIECES = [
    *("'", '"', "'''", '"""', "\\", "\\\\", "\\n", "\\u0041", "\\N{DIGIT ONE}", "`", "```", "{", "}", "}}"),
    *("%}", "#}", "%", "%s", "%(name)s", "%%", "#", " # ", "# %", "# % if x", "{{", "{{ 7 * 7 }}", "{%"),
    *("{% raw %}", "{#", "{ {", "${", "${HOME}", "$HOME", "$(id)", "$$", "`id`", "; id", "&& id", "|", "~"),
    *("!", "!!python/object:os.system", "*a", "&a", "<<: *a", "- ", "-- ", "---", "...", ": ", "? ", "| "),
    *("> ", "[", "]", "[x]", "[[x]]", "x = 1", "key: value", "<b>", "</title>"),
    *("<script>alert(1)</script>", "&amp;", "&#60;", "<!--", "-->", "[a](b)", "**", "_", "__", "***", "="),
    *("1.", "1)", "+ ", "||", "http://a.example", ":smile:", "@", "/", "//", "..", "../..", "C:\\"),
    *("\\\\host\\a", "con", "NUL", "lpt1.txt", "None", "class", "import os", "True", "null", "yes", "no"),
    *("0", "1e3", "0x10", "1.10", "\n", "\r", "\r\n", "\t", "\0", "\a", "\x1b[31m", "\x7f", "\x85", "\xa0"),
    *("\xad", "\u2028", "\u2029", "\ufeff", "\u200b", "\u200d", "\u202e", "\u2066", "e\u0301", "\u0338"),
    *("\u05d0", "\u0645", "站", "ｆ", "ﷺ", "𐐀", "😀", " ", "\U000e0041", "\N{WOMAN}\u200d\N{ROCKET}"),
    *("\u2630", "\u17d8", "\ud800", "\udcff", "\ufffe", "\ue000", "\U0010ffff", "a" * 60, "a" * 10_000),
    *("站" * 48, "é" * 95, "  ", "# " * 9),
]


def taken(check: Callable[..., str], *arguments: str) -> Callable[[str], bool]:
    """Whether one of the template's checks takes an answer."""

    def is_taken(answer: str) -> bool:
        try:
            return check(answer, *arguments) == ""
        except FailedHookException:
            return False

    return is_taken


fits = taken(checked_text, "description")
signs = st.text(
    st.characters(categories=["Cc", "Cf", "Cn", "Cs", "Mn", "Po", "Sm", "So", "Zl", "Zp", "Zs"]), max_size=5
)
texts = st.one_of(
    st.text(max_size=100),
    st.sampled_from(PIECES),
    st.lists(st.sampled_from(PIECES) | st.text(max_size=5) | signs, min_size=1, max_size=6).map("".join),
)
fine_pieces = st.sampled_from([piece for piece in PIECES if fits(f"a{piece}a")])
fine_texts = (
    st.lists(fine_pieces | st.text(max_size=5), min_size=2, max_size=9).map("".join).map(str.strip).filter(fits)
)
slugs = st.text("abz09-_.", max_size=60) | st.sampled_from(["con", "com0", "template1", "..", "/"]) | texts
addresses = st.builds("{}@{}.example".format, *[st.text("aZ09.!#$%&'*+/=?^_`{}|~-", min_size=1, max_size=20)] * 2)

FINE = {
    "project_name": fine_texts,
    "project_slug": st.from_regex(r"[a-z]([a-z0-9_-]{0,48}[a-z0-9])?", fullmatch=True).filter(taken(checked_slug)),
    "description": fine_texts,
    "author_name": fine_texts,
    "author_email": st.builds(
        "{}@{}.example".format, st.text("aZ09!#$%&'*+/=?^_`{}|~-", min_size=1), st.text("aZ09", min_size=1)
    ).filter(taken(checked_email)),
    "timezone": st.sampled_from(sorted(available_timezones())).filter(taken(checked_timezone)),
}
ODD = dict.fromkeys(FINE, texts) | {"project_slug": slugs, "author_email": addresses | texts}

# Neither a choice nor a word for yes or no.
WRONG = st.text(max_size=10).filter(
    lambda text: (
        text.strip().lower() not in YesNoPrompt.yes_choices + YesNoPrompt.no_choices
        and not any(isinstance(default, list) and text in default for default in QUESTIONS.values())
    )
)
# What only a file can hold.
SCALARS = st.none() | st.integers() | st.floats()
CLOSED = dict.fromkeys(QUESTIONS.keys() - FINE, WRONG | SCALARS)
NO_TEXTS = st.recursive(
    SCALARS | st.booleans(),
    lambda values: st.lists(values, max_size=2) | st.dictionaries(st.text(max_size=3), values, max_size=2),
    max_leaves=3,
)


def some(kinds: dict[str, st.SearchStrategy[Any]], at_most: int) -> st.SearchStrategy[Answers]:
    """Answers to a few of these questions."""
    names = st.lists(st.sampled_from(sorted(kinds)), min_size=1, max_size=at_most, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: kinds[name] for name in chosen}))


def examples(few: int, many: int) -> pytest.MarkDecorator:
    """How many examples are tried: few by default, many where all is tested."""
    return pytest.mark.parametrize("number", [few, pytest.param(many, marks=pytest.mark.whole)])


def tried(number: int) -> settings:
    """The same examples each time, so that no run fails that has nothing to do with it."""
    return settings(max_examples=number, derandomize=True, database=None, deadline=None, print_blob=True)


@pytest.fixture(scope="module")
def reached(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template with those files alone that depend on an answer: a tenth of the time."""
    copy = tmp_path_factory.mktemp("reached") / "template"
    for file in sorted(path for path in template.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        text = file.read_text(encoding="utf-8")
        if SITE not in file.parts or "cookiecutter" in text or file.name == ".gitignore":
            (copy / file.relative_to(template)).parent.mkdir(parents=True, exist_ok=True)
            (copy / file.relative_to(template)).write_text(text, encoding="utf-8")
    return copy


@pytest.fixture(scope="module")
def plain(reached: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with plain answers."""
    command = Cookiecutter(reached, tmp_path_factory.mktemp("plain"))
    assert on_the_command_line(command, {}).exit_code == 0
    return command.output / PLAIN["project_slug"]


class Cookiecutter:
    """Cookiecutter's command, and what it left in a directory of its own."""

    def __init__(self, template: Path, directory: Path) -> None:
        self.template, self.output, self.directory = template, directory / "output", directory
        self.output.mkdir(parents=True)

    def run(self, *arguments: str, config: str = "", stdin: str | None = None) -> Result:
        file = self.directory / "config.yaml"
        folders = {name: str(self.directory / name) for name in ("cookiecutters_dir", "replay_dir")}
        file.write_text(yaml.safe_dump(folders) + config, encoding="utf-8")
        command = [str(self.template), "--output-dir", str(self.output), "--config-file", str(file)]
        return CliRunner().invoke(main, [*command, *arguments], input=stdin)

    def replay(self, answers: Answers) -> Result:
        file = self.directory / "replay.json"
        file.write_text(
            json.dumps({"cookiecutter": CONTEXT | dict.fromkeys(FEATURES, True) | answers}), encoding="utf-8"
        )
        return self.run("--replay-file", str(file))


def type_in(command: Cookiecutter, answers: Answers) -> Result:
    """At the prompt, where a choice is a number."""
    numbers = {name: str(QUESTIONS[name].index(choice) + 1) for name, choice in MOST.items()}
    return command.run(
        stdin="".join(f"{line}\n" for line in (PLAIN | answers | numbers | dict.fromkeys(FEATURES, "y")).values())
    )


def on_the_command_line(command: Cookiecutter, answers: Answers) -> Result:
    return command.run("--no-input", *(f"{name}={answer}" for name, answer in (PLAIN | MOST | answers).items()))


def in_a_configuration_file(command: Cookiecutter, answers: Answers) -> Result:
    return command.run(
        "--no-input", config=yaml.safe_dump({"default_context": PLAIN | MOST | answers}, sort_keys=False)
    )


def in_a_replay_file(command: Cookiecutter, answers: Answers) -> Result:
    return command.replay(PLAIN | MOST | answers)


def can_be_typed(text: str) -> bool:
    """Whether it reaches the question as one line, and is not the empty one that stands for what is proposed."""
    return bool(text.strip()) and not re.search("[\r\n\ud800-\udfff]", text)


def is_no_jinja(text: str) -> bool:
    """Whether Cookiecutter does not run it where it renders answers, before anybody can check them."""
    return not re.search(r"\{[{%#]|^[ \t\v]*# %", text.replace("\r", "\n"), re.MULTILINE)


def as_rendered(text: str) -> str:
    return re.sub("\r\n?", "\n", text)


def exchanged(value: Any, answers: Answers) -> Any:
    """A value of a plain site with these answers in the strings, where it has the plain ones."""
    match value:
        case str():
            pattern = "|".join(map(re.escape, PLAIN.values()))
            by_plain = {plain: answers[name] for name, plain in PLAIN.items()}
            return re.sub(pattern, lambda match: by_plain[match[0]], value)
        case dict():
            return {key: exchanged(item, answers) for key, item in value.items()}
        case list():
            return [exchanged(item, answers) for item in value]
        case ast.Constant():
            return ast.Constant(exchanged(value.value, answers), value.kind)
        case ast.AST():
            return type(value)(**{name: exchanged(item, answers) for name, item in ast.iter_fields(value)})
    return value


def read(file: Path) -> Any:
    """What a file says, whatever signs and escapes it takes to say so."""
    text = file.read_text(encoding="utf-8")
    match file.suffix:
        case ".py":
            return ast.parse(text)
        case ".toml":
            return tomllib.loads(text)
        case ".yaml":
            return yaml.safe_load(text)
        case ".md":
            return html.unescape(MarkdownIt().render(text))
    return re.sub("(?m)^SECRET_KEY=.*$", "", text) if file.name == ".env" else text


def files(site: Path) -> list[Path]:
    """All of a site, by their paths in it."""
    return sorted(path.relative_to(site) for path in site.rglob("*") if path.is_file())


def shows(site: Path, plain: Path, answers: Answers) -> None:
    """A site says what the plain one says, with the very answers in strings, and nothing but strings differs."""
    assert site.name == answers["project_slug"]
    assert files(site) == files(plain)
    for file in files(site):
        found, expected = read(site / file), exchanged(read(plain / file), answers)
        if isinstance(found, ast.AST):
            found, expected = ast.dump(found), ast.dump(expected)
        assert found == expected, file


def refused(result: Result, output: Path, answers: Answers) -> None:
    """In one line that names the question, shows the answer and says what would be right; nothing is on disk."""
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    beginnings = "|".join(re.escape(f"{name} cannot be {shown(answer)}: ") for name, answer in answers.items())
    line = re.search(rf"({beginnings})[a-zW].+\.\n\Z", result.output)
    assert line, result.output
    assert len(line[0]) < 200
    assert line[0].isascii()
    assert "Traceback" not in result.output
    assert list(output.iterdir()) == []


class Way(NamedTuple):
    """A way to answer, what can be answered by it, and as what that should arrive."""

    take: Callable[[Cookiecutter, Answers], Result]
    can_be: Callable[[str], bool]
    arrives: Callable[[str], str]


WAYS = [
    Way(type_in, can_be_typed, str.strip),
    Way(on_the_command_line, is_no_jinja, as_rendered),
    Way(in_a_configuration_file, is_no_jinja, as_rendered),
    Way(in_a_replay_file, lambda text: True, str),
]


ways = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.take.__name__)


@ways
@examples(few=4, many=40)
def test_every_answer_to_be_taken_is_shown(
    reached: Path, plain: Path, record_property: Record, way: Way, number: int
) -> None:
    outcomes = Counter[str]()

    @tried(number)
    @given(st.fixed_dictionaries(FINE))
    @example(MUCH)
    def is_shown(answers: Answers) -> None:
        with TemporaryDirectory() as directory:
            command = Cookiecutter(reached, Path(directory))
            assert way.take(command, answers).exit_code == 0
            [site] = command.output.iterdir()
            shows(site, plain, answers)
            comes_again(site, command)
        outcomes["shown"] += 1

    is_shown()
    record_property("examples", dict(outcomes))


@ways
@examples(few=12, many=250)
def test_every_answer_is_shown_or_refused(
    reached: Path, plain: Path, record_property: Record, way: Way, number: int
) -> None:
    outcomes = Counter[str]()

    @tried(number)
    @given(some({name: kind.filter(way.can_be) for name, kind in ODD.items()}, at_most=2))
    def is_shown_or_refused(answers: Answers) -> None:
        arriving = {name: way.arrives(answer) for name, answer in answers.items()}
        with TemporaryDirectory() as directory:
            command = Cookiecutter(reached, Path(directory))
            result = way.take(command, answers)
            if result.exit_code:
                refused(result, command.output, arriving)
            else:
                [site] = command.output.iterdir()
                shows(site, plain, PLAIN | arriving)
        outcomes["refused" if result.exit_code else "shown"] += 1

    is_shown_or_refused()
    record_property("examples", dict(outcomes))


def comes_again(site: Path, command: Cookiecutter) -> None:
    """A site's record of its answers is a configuration file that makes the same site."""
    first = site.rename(command.directory / "first")
    result = command.run("--no-input", config=(first / "answers.yaml").read_text(encoding="utf-8"))
    assert result.exit_code == 0, result.output
    assert {file: (site / file).read_bytes() for file in files(site) if file.name != ".env"} == {
        file: (first / file).read_bytes() for file in files(first) if file.name != ".env"
    }


@examples(few=30, many=250)
@pytest.mark.parametrize("take", [in_a_configuration_file, in_a_replay_file])
@pytest.mark.filterwarnings("ignore:Invalid default received:UserWarning")  # Cookiecutter's, of a wrong choice
def test_what_is_no_answer_to_its_question_is_refused(
    reached: Path, record_property: Record, take: Callable[[Cookiecutter, Answers], Result], number: int
) -> None:
    outcomes = Counter[str]()

    @tried(number)
    @given(some(dict.fromkeys(FINE, NO_TEXTS) | CLOSED, at_most=2))
    def is_refused(answers: Answers) -> None:
        with TemporaryDirectory() as directory:
            command = Cookiecutter(reached, Path(directory))
            refused(take(command, answers), command.output, answers)
        outcomes["refused"] += 1

    is_refused()
    record_property("examples", dict(outcomes))


CHOICES = {name: st.sampled_from(QUESTIONS[name]) for name in MOST} | dict.fromkeys(FEATURES, st.booleans())


@examples(few=2, many=15)
def test_a_site_with_odd_answers_passes_its_checks(
    template: Path, examine: Callable[[Path, str], Examined], record_property: Record, number: int
) -> None:
    outcomes = Counter[str]()

    @tried(number)
    @given(st.fixed_dictionaries(FINE), st.fixed_dictionaries(CHOICES))
    def passes_its_checks(free: Answers, choices: Answers) -> None:
        with TemporaryDirectory() as directory:
            sites = []
            for answers in (PLAIN, free):
                command = Cookiecutter(template, Path(directory, str(len(sites))))
                result = on_the_command_line(command, answers | choices)
                assert result.exit_code == 0, result.output
                sites += command.output.iterdir()
            plain, site = sites
            shows(site, plain, free)
            succeed(sys.executable, "-m", "ruff", "format", "--check", "--no-cache", ".", cwd=site)
            succeed(sys.executable, "-m", "ruff", "check", "--no-cache", "--extend-select", "RUF200", ".", cwd=site)
            examined = examine(site, choices["django_version"])
        assert examined.wrong is None, examined.wrong
        page = html.unescape(examined.page)
        assert f" · {free['project_name']}</title>" in page
        assert f"<h1>{free['project_name']}</h1>" in page
        assert f'<p class="lead">{free["description"]}</p>' in page
        outcomes["shown"] += 1

    passes_its_checks()
    record_property("examples", dict(outcomes))


@examples(few=500, many=5_000)
def test_a_slug_is_proposed_for_any_name(number: int) -> None:
    @tried(number)
    @given(texts)
    def is_proposed(name: str) -> None:
        assert checked_slug(proposed_slug(name)) == ""

    is_proposed()


@pytest.mark.parametrize(
    ("question", "answer"), [("database", "oracle"), ("django_version", ""), ("profiles", "maybe")]
)
def test_a_wrong_choice_on_the_command_line_is_refused_by_cookiecutter(
    template: Path, tmp_path: Path, question: str, answer: str
) -> None:
    # With a traceback, before anything of a template runs. Its last line says what is wrong.
    command = Cookiecutter(template, tmp_path)
    result = on_the_command_line(command, {question: answer})
    assert result.exit_code == 1
    assert isinstance(result.exception, ValueError)
    assert re.match(
        rf"{answer} provided for .*variable {question}.* (choices are \[|converted to a boolean)", str(result.exception)
    )
    assert list(command.output.iterdir()) == []


@pytest.mark.whole
def test_a_text_of_any_character_fits_its_line(tmp_path: Path) -> None:
    lines = []
    for character in map(chr, range(sys.maxunicode + 1)):
        text = "a" + character * ((MAX_WIDTH - 1) // sum(map(columns, quoted(character))))
        if fits(text):
            lines.append(f'SITE_DESCRIPTION = "{quoted(text)}"\n')
    (tmp_path / "lines.py").write_text("".join(lines), encoding="utf-8")
    succeed(sys.executable, "-m", "ruff", "check", "--isolated", "--select=E", "--line-length=120", ".", cwd=tmp_path)
