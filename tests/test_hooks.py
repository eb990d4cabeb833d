"""The hooks: nothing is lost, nothing half-made stays, and the site has what it needs to run."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cookiecutter.cli import main

import post_gen_project
from conftest import FEATURES, ROOT, SITE, git, run

Generate = Callable[..., Path]

ANSWERS = dict.fromkeys(FEATURES, True) | {"signal_delivery": "celery"}


@pytest.fixture
def regenerate(template: Path, config_file: Path, tmp_path: Path) -> Callable[..., Result]:
    """Run Cookiecutter's command over what is there."""

    def regenerate(*arguments: str) -> Result:
        command = [str(template), "--no-input", "--overwrite-if-exists", "--output-dir", str(tmp_path)]
        return CliRunner().invoke(main, [*command, "--config-file", str(config_file), *arguments])

    return regenerate


@pytest.fixture
def committed(generate: Generate) -> Path:
    """A site whose every file is in git."""
    site = generate()
    git(site, "init", "-q")
    git(site, "add", "-A")
    git(site, "commit", "-qm", "Generated")
    return site


class TestEnvironmentFile:
    def test_has_a_key_of_its_own_and_is_read_by_its_owner_alone(self, generate: Generate, tmp_path: Path) -> None:
        keys = set()
        for name in ("one", "two"):
            file = generate(output_dir=tmp_path / name) / ".env"
            keys |= {line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("SECRET_KEY=")}
            assert file.stat().st_mode & 0o777 == 0o600
        assert len(keys) == 2
        assert all(len(key) > 60 and "example" not in key for key in keys)

    def test_is_the_example_file_otherwise(self, generate: Generate) -> None:
        site = generate()
        example = (site / ".env.example").read_text(encoding="utf-8").splitlines()
        written = (site / ".env").read_text(encoding="utf-8").splitlines()
        assert [line.partition("=")[0] for line in written] == [line.partition("=")[0] for line in example]
        assert [old for old, new in zip(example, written, strict=True) if old != new] == [
            "SECRET_KEY=example-key-for-development-only"
        ]

    def test_is_kept_when_there_is_one(self, committed: Path, regenerate: Callable[..., Result]) -> None:
        (committed / ".env").write_text("SECRET_KEY=mine\n", encoding="utf-8")
        assert regenerate().exit_code == 0
        assert (committed / ".env").read_text(encoding="utf-8") == "SECRET_KEY=mine\n"

    def test_never_reaches_git(self, committed: Path) -> None:
        assert ".env.example" in git(committed, "ls-files").splitlines()
        assert ".env" not in git(committed, "ls-files").splitlines()


class TestStrip:
    def test_takes_away_nothing_when_everything_is_chosen(self) -> None:
        assert post_gen_project.not_wanted(ANSWERS) == []

    @pytest.mark.parametrize(
        ("delivery", "paths"),
        [("outbox", ["config/celery.py", "outbox/tasks.py"]), ("in-process", ["outbox", "config/celery.py"])],
    )
    def test_takes_away_other_deliveries(self, delivery: str, paths: list[str]) -> None:
        found = post_gen_project.not_wanted(ANSWERS | {"signal_delivery": delivery})
        assert set(paths) <= set(found)
        assert not any(path.startswith("outbox/") for path in found if "outbox" in found)

    def test_says_what_delivers_signals(self, generate: Generate, capfd: pytest.CaptureFixture[str]) -> None:
        generate(signal_delivery="outbox")
        *_, relay = re.findall(r"^ {4}uv run --directory \S+ (.+)$", capfd.readouterr().out, re.MULTILINE)
        assert relay == "manage.py relay_signals"

    def test_what_features_share_goes_with_the_last_of_them(self) -> None:
        nothing = dict.fromkeys(FEATURES, False) | {"signal_delivery": "in-process"}
        for features, paths in post_gen_project.SHARED.items():
            assert set(paths) <= set(post_gen_project.not_wanted(nothing))
            for feature in features:
                only = nothing | ({"signal_delivery": "outbox"} if feature == "outbox" else {feature: True})
                assert not set(paths) & set(post_gen_project.not_wanted(only))

    def test_a_stale_path_fails_loudly(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(post_gen_project, "FEATURES", {"profiles": ["no_such_app"]})
        with pytest.raises(FileNotFoundError):
            post_gen_project.strip(tmp_path, ANSWERS | {"profiles": False})

    def test_a_failing_hook_leaves_nothing_behind(self, template: Path, config_file: Path, tmp_path: Path) -> None:
        broken = tmp_path / "broken"
        subprocess.run(["cp", "-r", template, broken], check=True)
        hook = broken / "hooks" / "post_gen_project.py"
        hook.write_text(hook.read_text(encoding="utf-8").replace('["profiles"]', '["no_such_app"]'), encoding="utf-8")
        output = tmp_path / "output"
        output.mkdir()
        outcome = run(
            *(sys.executable, "-m", "cookiecutter", broken, "--no-input", "profiles=no"),
            *("--config-file", config_file),
            cwd=output,
        )
        assert outcome.code == 1
        assert "no_such_app" in outcome.err
        assert list(output.iterdir()) == []


class TestWritingOverWhatIsThere:
    def test_takes_a_clean_work_tree_and_adds_and_removes_features(
        self, committed: Path, regenerate: Callable[..., Result]
    ) -> None:
        (committed / "profiles" / "__pycache__").mkdir()
        (committed / "profiles" / "__pycache__" / "x.pyc").touch()
        (committed / "db.sqlite3").touch()
        (committed / "static" / "node_modules").mkdir()
        (committed / "static" / "node_modules" / ".gitignore").write_text("*\n", encoding="utf-8")
        assert regenerate("profiles=no").exit_code == 0
        assert not (committed / "profiles").exists()
        assert (committed / "db.sqlite3").exists()
        git(committed, "commit", "-qam", "Without profiles")
        assert regenerate("profiles=yes").exit_code == 0
        assert (committed / "profiles" / "apps.py").exists()

    def test_takes_an_empty_directory(self, regenerate: Callable[..., Result], tmp_path: Path) -> None:
        (tmp_path / "my-site").mkdir()
        assert regenerate().exit_code == 0

    def test_refuses_files_that_are_in_no_work_tree(
        self, generate: Generate, regenerate: Callable[..., Result]
    ) -> None:
        refused(generate(), regenerate, "holds files and is not in a git work tree")

    @pytest.mark.parametrize("change", ["edited", "added", "deleted", "staged"])
    def test_refuses_what_is_not_committed(
        self, committed: Path, regenerate: Callable[..., Result], change: str
    ) -> None:
        match change:
            case "edited" | "staged":
                (committed / "profiles" / "models.py").write_text("# mine\n", encoding="utf-8")
            case "added":
                (committed / "profiles" / "mine.py").touch()
            case "deleted":
                (committed / "README.md").unlink()
        if change == "staged":
            git(committed, "add", "-A")
        refused(committed, regenerate, "holds changes that are not committed")

    @pytest.mark.parametrize("file", ["profiles/why__pycache__.local", "README.md", "static/site.css"])
    def test_refuses_ignored_files_in_its_way(
        self, committed: Path, regenerate: Callable[..., Result], file: str
    ) -> None:
        git(committed, "rm", "-q", "--cached", "--ignore-unmatch", file)
        with (committed / ".gitignore").open("a", encoding="utf-8") as ignore:
            ignore.write(f"/{file}\n")
        git(committed, "commit", "-qam", "Ignore a file")
        (committed / file).parent.mkdir(exist_ok=True)
        (committed / file).write_text("mine", encoding="utf-8")
        refused(committed, regenerate, "holds a file that git ignores")

    def test_refuses_links_where_it_would_write_through_them(
        self, committed: Path, regenerate: Callable[..., Result], tmp_path: Path
    ) -> None:
        (committed / "manage.py").rename(tmp_path / "outside.py")
        (committed / "manage.py").symlink_to(tmp_path / "outside.py")
        git(committed, "commit", "-qam", "Link a file")
        refused(committed, regenerate, "holds a link, a submodule or a file")

    def test_refuses_a_repository_in_its_way(self, committed: Path, regenerate: Callable[..., Result]) -> None:
        nested = committed / "profiles" / "nested"
        nested.mkdir()
        git(nested, "init", "-q")
        git(nested, "commit", "-q", "--allow-empty", "-m", "Mine")
        git(committed, "add", "-A")
        git(committed, "commit", "-qm", "Add a repository")
        refused(committed, regenerate, "holds a link, a submodule or a file")

    @pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
    def test_refuses_files_whose_changes_git_does_not_see(
        self, committed: Path, regenerate: Callable[..., Result], flag: str
    ) -> None:
        git(committed, "update-index", flag, "profiles/models.py")
        (committed / "profiles" / "models.py").write_text("# mine\n", encoding="utf-8")
        refused(committed, regenerate, "holds a link, a submodule or a file")

    def test_asks_the_repository_of_the_site_whatever_the_environment_names(
        self, committed: Path, regenerate: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        git(tmp_path, "init", "-q", "clean")
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "clean" / ".git"))
        monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "clean"))
        (committed / "README.md").write_text("mine", encoding="utf-8")
        refused(committed, regenerate, "holds changes that are not committed")

    def test_refuses_a_site_that_the_repository_around_it_ignores(
        self, generate: Generate, regenerate: Callable[..., Result], tmp_path: Path
    ) -> None:
        site = generate()
        git(tmp_path, "init", "-q")
        (tmp_path / ".gitignore").write_text("my-site/\n", encoding="utf-8")
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-qm", "Everything but the site")
        refused(site, regenerate, "holds a file that git ignores")

    def test_without_being_asked_to_is_refused_by_cookiecutter(self, generate: Generate) -> None:
        generate()
        with pytest.raises(Exception, match="already exists"):
            generate()


def refused(site: Path, regenerate: Callable[..., Result], reason: str) -> None:
    """Regenerating says why it does not, on one line, and changes no file."""
    before = {path: path.read_bytes() for path in site.rglob("*") if path.is_file() and ".git" not in path.parts}
    result = regenerate("profiles=no")
    assert result.exit_code == 1
    assert reason in result.output
    assert result.output.count("\n") == 1
    after = {path: path.read_bytes() for path in site.rglob("*") if path.is_file() and ".git" not in path.parts}
    assert after == before


@pytest.mark.parametrize(
    ("output", "named"),
    [(".", "my-site"), ("my sites", '"{}/my sites/my-site"'), ("\u00e9t\u00e9", "{}/\\xe9t\\xe9/my-site")],
)
def test_the_last_words_are_the_two_commands_that_come_next(
    template: Path, config_file: Path, tmp_path: Path, output: str, named: str
) -> None:
    (tmp_path / output).mkdir(exist_ok=True)
    command = (sys.executable, "-m", "cookiecutter", template, "--no-input", "--config-file", config_file)
    outcome = run(
        *command, "--output-dir", output, cwd=tmp_path, env={"PWD": str(tmp_path), "PYTHONIOENCODING": "ascii"}
    )
    assert outcome.out.isascii()
    assert [line.strip() for line in outcome.out.splitlines() if line.startswith("    ")] == [
        f"uv run --directory {named.format(tmp_path)} manage.py migrate",
        f"uv run --directory {named.format(tmp_path)} manage.py runserver",
    ]


@pytest.mark.parametrize("file", [".env", "uv.lock"])
def test_work_files_in_the_template_are_refused(template: Path, config_file: Path, tmp_path: Path, file: str) -> None:
    dirty = tmp_path / "dirty"
    subprocess.run(["cp", "-r", template, dirty], check=True)
    (dirty / SITE / file).write_text("SECRET_KEY=secret\n", encoding="utf-8")
    output = tmp_path / "output"
    output.mkdir()
    outcome = run(
        *(sys.executable, "-m", "cookiecutter", dirty, "--no-input", "--config-file", config_file), cwd=output
    )
    assert outcome.code == 1
    assert outcome.out + outcome.err == (
        f"The template holds {file}, a work file that every site would get: "
        f"delete such files, for instance with git clean -fdX, in '{dirty / SITE}'.\n"
    )
    assert list(output.iterdir()) == []


def test_the_hooks_are_ascii_and_name_their_encodings() -> None:
    for hook in sorted((ROOT / "hooks").glob("*.py")):
        text = hook.read_text(encoding="utf-8")
        assert text.isascii(), hook.name
        calls = re.findall(r"(?:open|read_text|write_text)\(.*\)", text.replace("os.open(", ""))
        assert all('encoding="utf-8"' in call for call in calls), hook.name
