"""A site is generated again by Cookiecutter: with the same answers and others, and by a newer template."""

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from conftest import FEATURES, SITE, Outcome, Tool, commit, done, git
from test_answers import ODD_NAME
from test_output import text_files

# The first of them by default, the others where there is time.
EACH = [FEATURES[0], *(pytest.param(feature, marks=pytest.mark.whole) for feature in FEATURES[1:])]

README = "README.md"
RECORD = ".cruft.json"

ODD = {"project_name": ODD_NAME, "project_slug": "site"}


def files(site: Path) -> dict[str, str]:
    """The text of each file of a site that git keeps, but cruft's record."""
    paths = git(site, "ls-files", "-z").split("\0")[:-1]
    return {path: (site / path).read_bytes().decode() for path in paths if path != RECORD}


def generated(site: Path) -> dict[str, str]:
    """The same of a site that is in no repository."""
    return {name: text for name, text in text_files(site).items() if name != RECORD}


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
