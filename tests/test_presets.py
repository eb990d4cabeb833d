"""The presets: files of answers that Cookiecutter takes as they are."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from conftest import FEATURES, QUESTIONS, ROOT, Examined, run, succeed

PRESETS = {file.stem: file for file in sorted((ROOT / "presets").iterdir())}
STACKS = {
    "minimal": ("sqlite", "local", "in-process"),
    "full": ("sqlite", "local", "in-process"),
    "production": ("postgresql", "redis", "celery"),
}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_gives_the_site_that_it_says(
    template: Path, tmp_path: Path, examine: Callable[[Path, str], Examined], preset: str
) -> None:
    place = tmp_path / "sites"
    command = [sys.executable, "-m", "cookiecutter", template, "--no-input", "--config-file", PRESETS[preset]]
    outcome = run(*command, "--output-dir", place, cwd=tmp_path, env={"HOME": str(tmp_path)})
    assert (outcome.code, outcome.err) == (0, "")  # Cookiecutter only warns of an answer that it cannot take
    (site,) = place.iterdir()
    answers = yaml.safe_load((site / "answers.yaml").read_text(encoding="utf-8"))["default_context"]
    assert tuple(answers[name] for name in ("database", "cache", "signal_delivery")) == STACKS[preset]
    assert {answers[name] for name in FEATURES} == {"no" if preset == "minimal" else "yes"}
    succeed(sys.executable, "-m", "ruff", "format", "--check", "--no-cache", ".", cwd=site)
    succeed(sys.executable, "-m", "ruff", "check", "--no-cache", ".", cwd=site)
    assert examine(site, answers["django_version"]).wrong is None


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_says_what_it_is_for_and_names_every_feature(preset: str) -> None:
    text = PRESETS[preset].read_text(encoding="utf-8")
    assert text.startswith("# ")
    answers = yaml.safe_load(text)["default_context"]
    assert set(FEATURES) <= set(answers) <= set(QUESTIONS)
    assert all(isinstance(answer, str) for answer in answers.values())


def test_the_readme_tells_of_each() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(PRESETS) == set(STACKS)
    for preset in PRESETS:
        assert f"| `{preset}` |" in readme
