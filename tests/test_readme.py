"""The README tells what is so: commands, questions, transcript and tree."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import CONTEXT, QUESTIONS, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_ci_runs_its_test_command_and_what_that_leaves_out() -> None:
    (command,) = re.findall(r"^python3 -m pip install uv && (python3 -m uv run pytest)$", README, re.MULTILINE)
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(rf"{command} -rs", ci)
    assert "`uv run pytest -m whole` runs the rest" in README
    assert f"{command} -m whole" in ci


def test_its_table_lists_the_questions_with_their_answers() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", README, re.MULTILINE)
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


def test_its_transcript_is_what_cookiecutter_asks() -> None:
    for number, (name, prompt) in enumerate(CONTEXT["__prompts__"].items(), start=1):
        lines = [prompt] if isinstance(prompt, str) else list(prompt.values())
        assert f"[{number}/{len(QUESTIONS)}] {lines[0]}" in README, name
        assert all(f" - {choice}\n" in README for choice in lines[1:]), name


def test_its_transcript_ends_and_its_tree_begins_with_what_comes_out(
    generate: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PWD", str(tmp_path))
    site = generate(project_name="Reading Room")
    assert capfd.readouterr().out.rstrip() in README
    tree = README.partition("reading-room/\n")[2].partition("```")[0]
    top = {name.rstrip("/") for line in re.findall(r"^[├└]── (.+)$", tree, re.MULTILINE) for name in line.split()}
    assert {path.name for path in site.iterdir()} <= top


def test_the_sites_table_lists_every_receiver_with_its_event(generate: Callable[..., Path]) -> None:
    site = generate()
    rows = re.findall(r"^\| .+ \|$", (site / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    for wiring in site.glob("*/apps.py"):
        connect = r"(?:\b(\w+)\.connect\(|\bconnect_with_subclasses\(\s*(\w+),)"
        connection = connect + r"\s*\w+\.\w+,.*?dispatch_uid=\"([\w.]+)\.(\w+)\""
        connected = re.findall(connection, wiring.read_text(encoding="utf-8"), re.DOTALL)
        for own, model_signal, module, receiver in connected:
            signal = own or model_signal
            # Of several receivers in one row, the first has its module's name.
            found = [row for row in rows if f"`{module}." in row and re.search(rf"[`.]{receiver}`", row)]
            assert len(found) == 1, f"{module}.{receiver}"
            assert f"`{signal}`" in found[0], f"{module}.{receiver} is connected to {signal}"
