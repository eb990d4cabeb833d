"""The Jinja filters of this template: refuse bad answers as they are given, escape good ones, say what they entail.

Cookiecutter loads this module (``_extensions`` in cookiecutter.json). The ``checked_*`` filters stand in private
variables right behind the question that they check, so that the answer is refused before the next question is asked,
whether or not hooks may run. All answers are checked once more before the site's directory is made. What follows from
an answer is a filter, not a private variable: a replay file would keep that as it was in an older version of the
template.
"""

import fnmatch
import inspect
import json
import os
import re
import subprocess
import sys
import tomllib
import unicodedata
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import available_timezones

from cookiecutter.exceptions import FailedHookException, OutputDirExistsException
from cookiecutter.prompt import YesNoPrompt
from jinja2 import Environment, pass_environment
from jinja2.ext import Extension
from slugify import slugify

REPOSITORY = Path(__file__).resolve().parent
TEMPLATE = REPOSITORY / "{{cookiecutter.project_slug}}"
CONTEXT: dict[str, Any] = json.loads((REPOSITORY / "cookiecutter.json").read_text(encoding="utf-8"))
QUESTIONS = {name: default for name, default in CONTEXT.items() if not name.startswith("_")}

MAX_SLUG_LENGTH = 50

# A text of this many columns still fits a line of settings.py, where a formatter would break a longer one in two.
MAX_WIDTH = 95

# Windows keeps these for devices, whatever follows a dot, and PostgreSQL the last two for databases of its own.
KEPT_NAMES = {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}
KEPT_NAMES |= {"template0", "template1"}


def refuse(question: str, answer: object, remedy: str) -> NoReturn:
    """End the generation with one line; Cookiecutter prints it and exits with code 1, without a traceback."""
    raise FailedHookException(f"{question} cannot be {shown(answer)}: {remedy}")


def shown(answer: object) -> str:
    """An answer as a message can show it: on one line, in ASCII, not endless."""
    text = ascii(answer)
    return text if len(text) <= 60 else f"{text[:56]}..."


def printable(path: Path) -> str:
    """A path as every console can show it: those of Windows have not every character."""
    return str(path).encode("ascii", "backslashreplace").decode()


def checked_text(answer: object, question: str) -> str:
    """Any text on one line: something to read, no control characters, not so long that it would not fit a line."""
    if not isinstance(answer, str):
        refuse(question, answer, "write text, in quotes.")
    for character in answer:
        # Control characters, halves of surrogate pairs, and what Unicode counts as a line or paragraph break.
        if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
            refuse(question, answer, f"leave out the character U+{ord(character):04X}, and keep it on one line.")
    if not any(character.isprintable() and not character.isspace() for character in answer):
        refuse(question, answer, "give it some text.")
    if answer != answer.strip():
        refuse(question, answer, "leave out the white space around it.")
    if code := re.search(r"\{[{%#]|^# %", answer):
        refuse(question, answer, f"leave out {code[0]!r}: generating again, Cookiecutter would run it.")
    if sum(map(columns, quoted(answer))) > MAX_WIDTH:
        refuse(question, answer, f"use at most {MAX_WIDTH} characters; wide ones count twice, unusual ones more.")
    return ""


def columns(character: str) -> int:
    """How many columns of a line a character takes, at most: by newer editions of Unicode some symbols are wide."""
    if character in "\u17a4\u17d8":  # Khmer, each written as several letters
        return 3
    wide = unicodedata.east_asian_width(character) in "FW" or unicodedata.category(character) in {"So", "No"}
    return 2 if wide else 1


def proposed_slug(project_name: str) -> str:
    """A slug made from the site's name, one that ``checked_slug`` takes."""
    slug = slugify(project_name, max_length=MAX_SLUG_LENGTH).strip("-") or "my-site"
    if not slug[0].isalpha():
        slug = f"site-{slug}"[:MAX_SLUG_LENGTH].strip("-")
    return f"{slug}-site" if slug in KEPT_NAMES else slug


def checked_slug(answer: str) -> str:
    """A name that is safe as a directory and as a database everywhere."""
    checked_text(answer, "project_slug")
    if not re.fullmatch(r"[a-z]([a-z0-9_-]*[a-z0-9])?", answer):
        refuse("project_slug", answer, "use a lower-case letter, then letters, digits, - or _, not - or _ at the end.")
    if len(answer) > MAX_SLUG_LENGTH:
        refuse("project_slug", answer, f"use at most {MAX_SLUG_LENGTH} characters.")
    if answer in KEPT_NAMES:
        refuse("project_slug", answer, "Windows or PostgreSQL keeps that name for itself; use another.")
    return ""


def checked_email(answer: str) -> str:
    """An address in ASCII, without quotation marks: all others that Django takes are hardly used."""
    checked_text(answer, "author_email")
    local, _, domain = answer.rpartition("@")
    label = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    if not re.fullmatch(
        r"[-!#$%&'*+/=?^_`{}|~a-z0-9]+(\.[-!#$%&'*+/=?^_`{}|~a-z0-9]+)*", local, re.ASCII | re.I
    ) or not re.fullmatch(rf"({label}\.)+[a-z]([a-z0-9-]*[a-z0-9])", domain, re.ASCII | re.I):
        refuse("author_email", answer, "use an address such as you@example.com.")
    return ""


def checked_timezone(answer: str) -> str:
    """A name from the IANA time zone database."""
    checked_text(answer, "timezone")
    # The database also names the zone of this machine, and one that means that there is none.
    if answer not in available_timezones() - {"localtime", "Factory"}:
        refuse("timezone", answer, "use a name such as UTC, Europe/Paris or America/New_York.")
    return ""


def quoted(text: str) -> str:
    """Escape ``text`` for a double-quoted string in Python, TOML, YAML and JSON alike."""
    return "".join(escaped(character) for character in text)


def escaped(character: str) -> str:
    """One character of a double-quoted string."""
    if character == "\\":
        return "\\\\"
    # Not \", because formatters change the quotes around that.
    if character == '"' or not character.isprintable():
        return f"\\u{ord(character):04x}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08x}"
    return character


def markdown(text: str) -> str:
    """Escape ``text`` for running text in Markdown."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>&~$:])", r"\\\1", text)


def python_version(django_version: str) -> str:
    """The oldest Python for a Django."""
    return {"5.2": "3.11", "6.1": "3.12"}[django_version]


def database_url(database: str, slug: str) -> str:
    """Where a developer's database is."""
    return {"sqlite": "sqlite:///db.sqlite3", "postgresql": f"postgres://postgres:postgres@localhost:5432/{slug}"}[
        database
    ]


def cache_url(cache: str) -> str:
    """Where a developer's cache is."""
    return {"local": "locmemcache://", "redis": "redis://localhost:6379/0"}[cache]


def delivery_class(signal_delivery: str) -> str:
    """What takes the site's own signals to their receivers."""
    return {
        "in-process": "core.dispatch.InProcess",
        "outbox": "outbox.delivery.Outbox",
        "celery": "outbox.tasks.NudgingOutbox",
    }[signal_delivery]


def page_reads(cache_invalidation: bool) -> str:
    """What visitors' pages are read through."""
    return "cache_invalidation.page_reads.CachedPageReads" if cache_invalidation else "pages.reads.PageReads"


def has_progress_bars(cookiecutter: dict[str, Any]) -> bool:
    """Whether a command of the site shows how far it is."""
    features = ("auth_tracking", "profiles", "notifications", "activity_log", "request_metrics")
    return any(cookiecutter[name] for name in features) or cookiecutter["signal_delivery"] != "in-process"


def recorded(cookiecutter: dict[str, Any]) -> dict[str, str]:
    """Each answer as Cookiecutter takes it from a configuration file."""
    answers = {name: cookiecutter[name] for name in QUESTIONS}
    return {name: ("no", "yes")[answer] if isinstance(answer, bool) else answer for name, answer in answers.items()}


def checked_template(name: str, template: Path = TEMPLATE) -> str:
    """A template directory without what running it in place leaves behind: every site would get it, secrets too."""
    lines = (template / ".gitignore").read_text(encoding="utf-8").splitlines()
    patterns = ["uv.lock", *(line.rstrip("/") for line in lines if line and not line.startswith("#"))]
    work_file = re.compile("|".join(map(fnmatch.translate, patterns)))
    for path in sorted(path for path in template.rglob("*") if work_file.match(path.name)):
        raise FailedHookException(
            f"The template holds {printable(path.relative_to(template))}, a work file that every site would get: "
            f"delete such files, for instance with git clean -fdX, in {str(template)!a}."
        )
    return ""


def checked_defaults(name: str) -> str:
    """A configuration file's answers, before Cookiecutter's warning of a wrong one, which skips the rest, is all."""
    config = cookiecutters("config_dict") or {}
    for question, answer in (config.get("default_context") or {}).items():
        if isinstance(QUESTIONS.get(question), bool) and isinstance(answer, str):
            if answer.strip().lower() not in YesNoPrompt.yes_choices + YesNoPrompt.no_choices:
                refuse(question, answer, "in the configuration file, write yes or no.")
        elif question in QUESTIONS:
            check_kind(question, answer, "in the configuration file, ")
    return ""


def check_kind(question: str, answer: object, where: str = "") -> None:
    """Refuse an answer that is not of its question's kind."""
    default = QUESTIONS[question]
    if isinstance(default, bool) and not isinstance(answer, bool):
        refuse(question, answer, f"{where}write true or false.")
    if isinstance(default, list) and answer not in default:
        refuse(question, answer, f"{where}choose {' or '.join(map(repr, default))}.")
    if isinstance(default, str) and not isinstance(answer, str):
        refuse(question, answer, f"{where}write text, in quotes.")


@pass_environment
def checked_answers(environment: Environment, cookiecutter: dict[str, Any]) -> str:
    """All answers once more, by the same checks: a replay file's come unchecked, and may be for another version."""
    for name, value in CONTEXT.items():
        # How the template is to be read: a replay file keeps that too.
        if re.match("_[^_]", name) and cookiecutter.get(name) != value:
            raise FailedHookException(
                f"The replay file is of another version of the template, {name} differs: use that version, or, to "
                "generate a site again, its answers.yaml, as its README shows."
            )
    for question, default in QUESTIONS.items():
        check_kind(question, cookiecutter.get(question))
        if isinstance(default, str):
            environment.from_string(CONTEXT[f"__check_{question}"]).render(cookiecutter=cookiecutter)
    return ""


def refuse_unprotected(cookiecutter: dict[str, Any]) -> str:
    """Refuse to write over a directory from which something could be lost that git could not bring back.

    Generating over a site deletes what is no longer chosen and rewrites the rest. So it takes an empty directory, or a
    git work tree in which everything is committed, and nothing that git ignores lies where the template has a file or
    in an app. Bytecode is no loss.
    """
    directory = Path(cookiecutters("output_dir"), cookiecutter["project_slug"])  # cruft does not tell _output_dir
    if not cookiecutters("overwrite_if_exists") or not directory.is_dir():
        return ""  # Cookiecutter makes it, or refuses what is there
    if not any(directory.iterdir()):
        return ""
    named = printable(directory)
    if cookiecutters("skip_if_file_exists"):
        raise OutputDirExistsException(
            f"{named} holds files: with --skip-if-file-exists, those of other answers would stay among the new "
            "ones. Leave it out: what you have committed can be brought back, and git diff shows what became of it."
        )
    try:
        changed = git(directory, "status", "--porcelain", "-z", "--untracked-files=all")
        ignored = git(directory, "ls-files", "-z", "--others", "--ignored", "--exclude-standard")
        tracked = git(directory, "ls-files", "-z", "-v", "--stage")
    except (OSError, subprocess.CalledProcessError):
        raise OutputDirExistsException(
            f"{named} holds files and is not in a git work tree: what this would overwrite or delete could not be "
            "brought back. Commit them to git first, or choose another directory."
        ) from None
    if changed:
        raise OutputDirExistsException(
            f"{named} holds changes that are not committed, {changed[0][3:]!a} for one: what this would "
            "overwrite or delete could not be brought back. Commit or stash them first."
        )
    for path in ignored:
        if in_the_way(path) and "__pycache__" not in Path(path).parts:
            raise OutputDirExistsException(
                f"{named} holds a file that git ignores where this would overwrite or delete, {path!a}: it "
                "could not be brought back. Move it away first."
            )
    for entry in tracked:
        status, _, path = entry.partition("\t")
        if in_the_way(path) and not status.startswith("H 100"):
            raise OutputDirExistsException(
                f"{named} holds a link, a submodule or a file whose changes git does not see where this would "
                f"overwrite or delete, {path!a}: it could not be brought back. Replace it by a plain file first."
            )
    return ""


def cookiecutters(variable: str) -> Any:
    """A variable of Cookiecutter's own, of which it tells no template: its frames know."""
    frame = inspect.currentframe()
    while frame and variable not in frame.f_locals:
        frame = frame.f_back
    return frame and frame.f_locals[variable]


def in_the_way(path: str) -> bool:
    """Whether the template has a file there, or it lies in an app, which may be deleted as a whole."""
    return (TEMPLATE / path).exists() or (TEMPLATE / Path(path).parts[0] / "apps.py").exists()


def git(directory: Path, *arguments: str) -> list[str]:
    """What a git command lists (with ``-z``) of a directory, whatever repository the environment names."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(directory), *arguments, "--", "."]
    output = subprocess.run(
        command, env=environment, capture_output=True, check=True, encoding="utf-8", errors="replace"
    ).stdout
    return output.split("\0")[:-1]


class Filters(Extension):
    """Adds the filters of this module to Cookiecutter's Jinja environment, and has the last checks made."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        for function in (
            checked_template,
            checked_defaults,
            checked_text,
            proposed_slug,
            checked_slug,
            checked_email,
            checked_timezone,
            checked_answers,
            refuse_unprotected,
            quoted,
            markdown,
            python_version,
            database_url,
            cache_url,
            delivery_class,
            page_reads,
            has_progress_bars,
            recorded,
        ):
            environment.filters[function.__name__] = function
        environment.globals["template_version"] = tomllib.loads(
            (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
        )["project"]["version"]
        # cruft renders two versions of the template in one process, one where the other was: each with the filters of
        # its own, imported anew, and not from bytecode, which does not tell apart files of one second and one size.
        sys.modules.pop(__name__, None)
        if "cruft" in sys.modules:
            Path(cache_from_source(__file__)).unlink(missing_ok=True)

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Check before anything is written, hooks or no hooks: the name of the site's directory is rendered first."""
        if source == TEMPLATE.name:
            return "{{ cookiecutter | checked_answers }}{{ cookiecutter | refuse_unprotected }}" + source
        return source
