"""The questions, and that the hooks know the same ones."""

import post_gen_project
from conftest import CONTEXT, FEATURES, QUESTIONS, ROOT, SITE


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


def test_every_feature_is_on_by_default_and_what_belongs_to_it_exists() -> None:
    assert list(post_gen_project.FEATURES) == [*FEATURES, "outbox", "celery"]
    for paths in (*post_gen_project.FEATURES.values(), *post_gen_project.SHARED.values()):
        for path in paths:
            assert (ROOT / SITE / path).is_file() or (ROOT / SITE / path / "apps.py").is_file()
