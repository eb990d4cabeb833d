"""Sites come out the same on Windows and elsewhere, as far as that can be seen without a Windows."""

import ast
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path, PureWindowsPath

import pytest
import yaml

import post_gen_project
from conftest import ROOT, SITE, Outcome, run
from local_extensions import KEPT_NAMES, MAX_SLUG_LENGTH
from test_output import MOST, text_files

Generate = Callable[..., Path]

MAX_PATH_LENGTH = 140

ODD = {"project_name": "O'Brien's \"Été\" % 站 😀", "description": "„Straße“ – 10 €", "author_name": "Łukasz\u200d 𐐀"}
# Consoles that have not every character: of Windows, and one that has none but ASCII, as the files by default.
CONSOLES = [{"PYTHONIOENCODING": page} for page in ("cp1252", "cp437", "cp932")]
CONSOLES += [{"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}]


def paths(site: Path) -> list[str]:
    """Of all that is in a site, from where its directory is."""
    return [path.relative_to(site.parent).as_posix() for path in sorted(site.rglob("*"))]


def test_paths_are_short_whatever_the_directory_is_called(generate: Generate) -> None:
    site = generate(project_slug="a" * MAX_SLUG_LENGTH, **MOST)
    assert max(map(len, paths(site))) <= MAX_PATH_LENGTH


def test_paths_are_such_as_windows_takes(generate: Generate) -> None:
    found = paths(generate(**MOST))
    for path in found:
        assert PureWindowsPath(path).as_posix() == path
        for part in path.split("/"):
            assert re.fullmatch(r'[^<>:"|?*\\\x00-\x1f]*[^. ]', part, re.ASCII), path
            assert part.lower().split(".")[0] not in KEPT_NAMES, path
            assert part.isascii(), path
    assert len({path.lower() for path in found}) == len(found)


def test_no_path_but_that_of_the_site_depends_on_an_answer(template: Path) -> None:
    assert not [path for path in paths(template / SITE) if "{" in path.removeprefix(SITE)]


def test_lines_end_as_on_unix_where_git_is_told_to_write_them_as_on_windows(
    generate: Generate, template: Path, tmp_path: Path
) -> None:
    source, clone = tmp_path / "source", tmp_path / "clone"
    shutil.copytree(template, source)
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "The template"]):
        subprocess.run(["git", *identity, *command], cwd=source, check=True)
    windows = ["-c", "core.autocrlf=true", "-c", "core.eol=crlf"]
    subprocess.run(["git", "clone", "-q", *windows, source, clone], check=True)
    assert text_files(generate(output_dir=tmp_path / "unix")) == text_files(
        generate(output_dir=tmp_path / "windows", template=clone)
    )


def test_scripts_and_nothing_else_may_be_run(generate: Generate) -> None:
    site = generate(**MOST)
    found = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file() and is_executable(path)}
    assert found == {name for name, text in text_files(site).items() if text.startswith("#!")} == {"manage.py"}


def test_scripts_of_the_template_may_be_run() -> None:
    listing = subprocess.run(["git", "ls-files", "-s"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for mode, _, _, name in (line.split(None, 3) for line in listing.splitlines()):
        assert (mode == "100755") is (ROOT / name).read_text(encoding="utf-8").startswith("#!"), name


def is_executable(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IXUSR)


def test_hooks_need_neither_a_shell_nor_permissions_and_join_paths_themselves() -> None:
    for hook in (ROOT / "hooks").glob("*.py"):
        names = {
            getattr(node, "attr", getattr(node, "id", "")) for node in ast.walk(ast.parse(hook.read_text("utf-8")))
        }
        assert not names & {"subprocess", "system", "popen", "chmod", "chown", "symlink", "symlink_to", "sep"}, (
            hook.name
        )
    for path in [path for paths in post_gen_project.FEATURES.values() for path in paths]:
        assert PureWindowsPath(path).as_posix() == path


@pytest.fixture
def on_console(template: Path, tmp_path: Path) -> Callable[..., Outcome]:
    """Run Cookiecutter's command in a process with such an environment."""

    def on_console(console: dict[str, str], output: Path, *arguments: str, **answers: str) -> Outcome:
        output.mkdir(exist_ok=True)
        folders = {name: str(tmp_path / name) for name in ("cookiecutters_dir", "replay_dir")}
        file = tmp_path / "config.yaml"
        file.write_text(yaml.safe_dump(folders | {"default_context": answers}), encoding="utf-8")
        command = (sys.executable, "-m", "cookiecutter", template, "--no-input", "--config-file", file, *arguments)
        return run(*command, "--output-dir", output, cwd=tmp_path, env=console)

    return on_console


@pytest.mark.parametrize("console", CONSOLES, ids=lambda console: console["PYTHONIOENCODING"])
class TestConsole:
    def test_makes_no_difference_to_a_site(
        self, generate: Generate, on_console: Callable[..., Outcome], tmp_path: Path, console: dict[str, str]
    ) -> None:
        outcome = on_console(console, tmp_path / "other", "project_slug=site", **ODD)
        assert outcome.code == 0, outcome.err
        assert outcome.out.isascii()
        expected = text_files(generate(output_dir=tmp_path / "utf-8", project_slug="site", **ODD))
        assert text_files(tmp_path / "other" / "site") == expected

    def test_shows_what_is_refused(
        self, on_console: Callable[..., Outcome], tmp_path: Path, console: dict[str, str]
    ) -> None:
        outcome = on_console(console, tmp_path / "站", project_name="站\n")
        assert outcome == Outcome(
            1, "project_name cannot be '\\u7ad9\\n': leave out the character U+000A, and keep it on one line.\n", ""
        )
        assert list((tmp_path / "站").iterdir()) == []

    def test_shows_why_a_directory_is_left_as_it_is(
        self, on_console: Callable[..., Outcome], tmp_path: Path, console: dict[str, str]
    ) -> None:
        directory = tmp_path / "站" / "my-site"
        directory.mkdir(parents=True)
        (directory / "mine").touch()
        outcome = on_console(console, tmp_path / "站", "--overwrite-if-exists")
        assert (outcome.code, outcome.err) == (1, "")
        assert re.fullmatch(r"\S+my-site holds files and is not in a git work tree.+\n", outcome.out)
        assert outcome.out.isascii()
