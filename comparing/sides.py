"""The two sides of a comparison: what is asked for, checked before anything is generated."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from cookiecutter.config import get_config
from cookiecutter.exceptions import ConfigDoesNotExistException, FailedHookException, InvalidConfiguration
from cookiecutter.prompt import YesNoPrompt
from rich.prompt import InvalidResponse

from local_extensions import QUESTIONS, REPOSITORY, checked_text, refuse

PRESETS = {file.stem: file for file in sorted((REPOSITORY / "presets").glob("*.yaml"))}
LONGEST = 40  # of an answer in a side's name


@dataclass
class Side:
    """Answers from a file, if there is one, and answers that are given beside it, as ``name=answer``."""

    file: Path | None = None
    given: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the command line says of it."""
        preset = self.file and self.file == PRESETS.get(self.file.stem)
        base = [self.file.stem if preset else str(self.file)] if self.file else []
        texts = [text if len(text) <= LONGEST else f"{text[:LONGEST]}…" for text in self.given]
        return " ".join([*base, *texts]) or "defaults"

    def answers(self) -> dict[str, Any]:
        """The answers, none of which Cookiecutter would ignore or answer with a traceback.

        Raises FailedHookException, which Cookiecutter has for answers that this template refuses.
        """
        found = dict(answers_in(self.file)) if self.file else {}
        for text in self.given:
            name, separator, answer = text.partition("=")
            if not separator:
                raise FailedHookException(f"{text!a} is not an answer: write name=answer, such as profiles=no.")
            found[name] = answer
        for name, answer in found.items():
            check(name, answer)
        return found


def pair_of(sides: Sequence[Side]) -> tuple[Side, Side]:
    """Two sides: one that is asked for alone is compared with the defaults."""
    left, right = (Side(), *sides) if len(sides) == 1 else sides
    return left, right


def answers_in(file: Path) -> dict[str, Any]:
    """The answers of a file, read as Cookiecutter reads its ``--config-file``."""
    try:
        answers = get_config(file)["default_context"]
    except ConfigDoesNotExistException:
        raise FailedHookException(f"There is no file {str(file)!a}.") from None
    except (InvalidConfiguration, OSError, UnicodeDecodeError):
        raise FailedHookException(f"{str(file)!a} is not a configuration file of Cookiecutter.") from None
    if not isinstance(answers, dict):
        raise FailedHookException(f"{str(file)!a} has no answers: they stand below default_context.")
    return answers


def check(name: str, answer: object) -> None:
    """Refuse an answer to no question, a choice that there is not, and what means neither yes nor no.

    Of other texts only what Cookiecutter could trip over is refused here; the rest as the site is generated.
    """
    if name not in QUESTIONS:
        near = get_close_matches(str(name), QUESTIONS, 1)
        hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(QUESTIONS)}."
        raise FailedHookException(f"There is no question {str(name)[:60]!a}.{hint}")
    default = QUESTIONS[name]
    if isinstance(default, bool) and isinstance(answer, bool):
        return
    checked_text(answer, name)
    if isinstance(default, list) and answer not in default:
        refuse(name, answer, f"choose {' or '.join(default)}.")
    if isinstance(default, bool):
        try:
            YesNoPrompt().process_response(answer)
        except InvalidResponse:
            refuse(name, answer, "choose yes or no.")
