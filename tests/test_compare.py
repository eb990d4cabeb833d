"""Comparing two sets of answers: the command, run as one runs it."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from conftest import FEATURES, QUESTIONS, ROOT, Outcome, outside_environment, run

Compare = Callable[..., Outcome]
HOSTILE = "<script>alert('x')</script><img src=x> \"&amp;"
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def compare(template: Path, tmp_path: Path) -> Compare:
    """Run the command with these arguments. It leaves nothing where temporary files go."""

    def compare(*arguments: str | Path) -> Outcome:
        outcome = run(sys.executable, template / "compare.py", *arguments, cwd=tmp_path, env=environment(tmp_path))
        assert list((tmp_path / "temporary").iterdir()) == []
        return outcome

    return compare


def environment(directory: Path) -> dict[str, str]:
    """What the command is to see: a place of its own for temporary files."""
    (directory / "temporary").mkdir(exist_ok=True)
    return {"TMPDIR": str(directory / "temporary"), "COLUMNS": "80", "HOME": str(directory)} | uv_cache()


def uv_cache() -> dict[str, str]:
    """Where packages are kept, which HOME would have told."""
    return {"UV_CACHE_DIR": subprocess.check_output(["uv", "cache", "dir"], text=True).strip()}


def test_a_feature_less_is_told_and_is_the_transcript_of_the_readme(
    compare: Compare, generate: Callable[..., Path], tmp_path: Path
) -> None:
    outcome = compare("profiles=no")
    assert (outcome.code, outcome.err) == (0, "")
    assert "\x1b" not in outcome.out
    figures, _, files = outcome.out.partition("\nFiles: ")
    assert "\n  only left:\n    profiles_profile\n" in figures
    assert "\n    post_save of accounts.User: profiles.signals.create_profile\n" in figures

    # What is listed is what diff finds.
    left, right = generate(output_dir=tmp_path / "left"), generate(output_dir=tmp_path / "right", profiles=False)
    listed = re.findall(r"^  ([-+~]) (\S+) .*$", files, re.MULTILINE)
    assert {(sign, path) for sign, path in listed} == found_by_diff(left, right)
    changes = [sum(sign == wanted for sign, _ in listed) for wanted in "+-~"]
    assert files.startswith("{} added, {} removed, {} changed\n".format(*changes))
    assert (
        '\n     path("accounts/", include("accounts.urls")),\n-    path("profiles/", include("profiles.urls")),\n'
        in files
    )

    transcript = README.partition("$ uv run compare.py profiles=no\n\n")[2].partition("```")[0]
    counts = transcript.partition("Milliseconds")[0]
    for line in filter(None, counts.splitlines()):
        assert line == "..." or f"\n{line}\n" in f"\n{outcome.out}", line
    for line in filter(None, transcript.removeprefix(counts).splitlines()):
        assert line == "..." or f"\n{line[:45].rstrip()}" in outcome.out, line


def found_by_diff(left: Path, right: Path) -> set[tuple[str, str]]:
    """What ``diff -r`` finds, one file each."""
    found = set()
    for line in run("diff", "-rq", "--exclude=.env", left, right, cwd=left).out.splitlines():
        if only := re.fullmatch(r"Only in (.+): (.+)", line):
            path = Path(only[1], only[2])
            site, sign = (left, "-") if path.is_relative_to(left) else (right, "+")
            files = path.rglob("*") if path.is_dir() else [path]
            found |= {(sign, file.relative_to(site).as_posix()) for file in files if file.is_file()}
        else:
            found.add(("~", Path(line.split()[1]).relative_to(left).as_posix()))
    return found


@pytest.mark.whole
def test_minimal_and_full_as_a_page_and_for_machines(compare: Compare, tmp_path: Path) -> None:
    page, data = tmp_path / "page.html", tmp_path / "data.json"
    sides = ["--preset", "minimal", f"project_name={HOSTILE}", "--preset", "full"]
    assert compare(*sides, "--html", page, "--json", data) == Outcome(0, "", "")
    found = json.loads(data.read_text(encoding="utf-8"))
    assert list(found) == ["left", "right", "ratios", "files", "conditions"]
    left, right = found["left"], found["right"]
    assert set(left) == set(right) == set(re.findall(r"`(\w+)`", README.partition("`left` and `right`")[2])[:10])
    assert (left["features"], right["features"]) == ([], FEATURES)
    assert left["answers"]["project_name"] == HOSTILE
    assert set(left["answers"]) == set(QUESTIONS)
    assert set(right["tables"]) > {"profiles_profile"} > set(left["tables"]) & {"profiles_profile"}
    assert left["receivers"] == []
    created = {"signal": "django.db.models.signals.post_save", "sender": "accounts.User", "app": "profiles"}
    created |= {"receiver": "profiles.signals.create_profile", "dispatch_uid": "profiles.signals.create_profile"}
    assert [each for each in right["receivers"] if created.items() <= each.items()]
    assert {name: (each["statements"], each["transaction_statements"]) for name, each in left["actions"].items()} == {
        "sign_up": (6, 8),
        "sign_in": (5, 6),
        "first_view": (2, 0),
        "next_view": (2, 0),
        "save": (12, 2),
    }
    assert right["actions"]["next_view"]["statements"] == 0
    assert all(each["milliseconds"] > 0 for side in (left, right) for each in side["actions"].values())
    assert {each["change"] for each in found["files"]} == {"added", "changed"}

    seen = Seen(page.read_text(encoding="utf-8"))
    assert HOSTILE in seen.text
    assert seen.count == {"script": 1, "style": 1, "img": 0, "svg": 1}
    assert not [value for value in seen.loaded if not value.startswith(("data:", "#"))]
    assert len(seen.ids) == len(set(seen.ids))
    assert {value[1:] for value in seen.loaded if value.startswith("#")} <= set(seen.ids)
    assert {each["path"] for each in found["files"]} <= set(seen.codes)


class Seen(HTMLParser):
    """What is on a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.codes: list[str] = []
        self.ids: list[str] = []
        self.loaded: list[str] = []
        self.count = dict.fromkeys(("script", "style", "img", "svg"), 0)
        self.feed(page)
        self.loaded += re.findall(r"url\(|@import", page[: page.index("</style>")])

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in self.count:
            self.count[tag] += 1
        if tag == "code":
            self.codes.append("")
        for name, value in attributes:
            if name == "id":
                self.ids.append(str(value))
            if name in ("src", "href", "srcset", "data", "action"):
                self.loaded.append(str(value))

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.get_starttag_text() == "<code>" and self.codes:
            self.codes[-1] = self.codes[-1] or data


@pytest.mark.whole
def test_a_site_and_the_preset_that_it_was_made_with_are_the_same(
    compare: Compare, generate: Callable[..., Path]
) -> None:
    site = generate(**dict.fromkeys(FEATURES, False))
    outcome = compare("--preset", "minimal", "--config-file", site / "answers.yaml")
    assert outcome.code == 0
    assert outcome.out.endswith("\n\nBoth sides are the same: no file differs.\n")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["profile=no"], "There is no question 'profile'. Did you mean profiles?"),
        (["profiles"], "'profiles' is not an answer: write name=answer, such as profiles=no."),
        (["profiles=maybe"], "profiles cannot be 'maybe': choose yes or no."),
        (["database=oracle"], "database cannot be 'oracle': choose sqlite or postgresql."),
        (["timezone=Mars"], "timezone cannot be 'Mars': use a name such as UTC, Europe/Paris or America/New_York."),
        (
            ["project_name={{ 1 }}"],
            "project_name cannot be '{{ 1 }}': leave out '{{': generating again, Cookiecutter would run it.",
        ),
        (["--preset", "minimal", "--preset", "full", "cache=no"], "cache cannot be 'no': choose local or redis."),
        (["--config-file", "nowhere.yaml"], "There is no file 'nowhere.yaml'."),
    ],
)
def test_what_is_wrong_is_told_in_one_line(compare: Compare, arguments: list[str], line: str) -> None:
    assert compare(*arguments) == Outcome(1, "", f"{line}\n")


def test_answers_in_a_file_are_checked_too(compare: Compare, tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    for text, line in (
        ("default_context: {django_version: 5.2}", "django_version cannot be 5.2: write text, in quotes."),
        ("default_context: {prophiles: no}", "There is no question 'prophiles'. Did you mean profiles?"),
        ("default_context: [", f"{str(file)!a} is not a configuration file of Cookiecutter."),
    ):
        file.write_text(text, encoding="utf-8")
        assert compare("--config-file", file) == Outcome(1, "", f"{line}\n")


@pytest.mark.parametrize("arguments", [[], ["--preset", "none"], ["--preset", "full"] * 3])
def test_what_cannot_be_compared_is_a_wrong_use(compare: Compare, arguments: list[str]) -> None:
    outcome = compare(*arguments)
    assert outcome.code == 2
    assert outcome.err.startswith("usage: compare.py ")


@pytest.mark.parametrize(
    "reached",
    ["compare-*/0", pytest.param("compare-*/*/site/my-site/measured.sqlite3", marks=pytest.mark.whole)],
)
def test_nothing_is_left_when_it_is_interrupted(template: Path, tmp_path: Path, reached: str) -> None:
    process = subprocess.Popen(
        [sys.executable, template / "compare.py", "--preset", "minimal", "--preset", "minimal"],
        env=outside_environment() | environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not [*(tmp_path / "temporary").glob(reached)]:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.communicate() == ("", "")
    assert process.returncode == 130
    assert list((tmp_path / "temporary").iterdir()) == []
