"""The questions, and that README and hooks tell the same story."""

import json
import re
from typing import Any

import post_gen_project
from conftest import ROOT, SITE

CONTEXT: dict[str, Any] = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
QUESTIONS = {name: default for name, default in CONTEXT.items() if not name.startswith("_")}
FEATURES = [name for name, default in QUESTIONS.items() if default is True]


def test_every_question_is_asked_in_words() -> None:
    prompts = CONTEXT["__prompts__"]
    assert list(prompts) == list(QUESTIONS)
    for name, default in QUESTIONS.items():
        if isinstance(default, list):
            assert list(prompts[name]) == ["__prompt__", *default]


def test_every_free_answer_is_checked_before_the_next_question() -> None:
    names = list(CONTEXT)
    for name, default in QUESTIONS.items():
        if isinstance(default, str):
            assert names[names.index(name) + 1] == f"__check_{name}"


def test_every_feature_is_on_by_default_and_has_directories_that_exist() -> None:
    assert list(post_gen_project.FEATURES) == FEATURES
    for directories in post_gen_project.FEATURES.values():
        for directory in directories:
            assert (ROOT / SITE / directory / "apps.py").is_file()


def test_the_readme_lists_the_questions_with_their_defaults_and_choices() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", readme, re.MULTILINE)
    assert [name for name, _, _ in rows] == list(QUESTIONS)
    for name, answers, _ in rows:
        match QUESTIONS[name]:
            case bool():
                assert answers == "`yes`, `no`"
            case list(choices):
                assert answers == ", ".join(f"`{choice}`" for choice in choices)
            case default if "{{" in default:
                assert answers.startswith("made from")
            case default:
                assert answers == f"`{default}`"
