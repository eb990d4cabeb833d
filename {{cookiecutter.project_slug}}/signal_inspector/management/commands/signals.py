import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from signal_inspector import formats, listing, story
from signal_inspector.connections import Connection
from signal_inspector.tracing_command import trace_command
from signal_inspector.writing import write_html

NOT_FOLLOWED = "Not followed: what receivers save or delete in turn. A trace shows it (manage.py signals trace)."


class Command(BaseCommand):
    help = "List who is connected to which signal; or tell what happens when a model's method is called."

    # Of use just when something is wrong.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--signal", metavar="NAME", help="only this signal, such as post_save")
        parser.add_argument(
            "--sender", metavar="LABEL", help="only this sender, such as pages.Page; what every model calls included"
        )
        parser.add_argument("--app", metavar="LABEL", help="only receivers of this app")
        parser.add_argument("--project", action="store_true", help="only receivers of this project")
        parser.add_argument("--on", metavar="METHOD", help="what happens on this, such as pages.Page.save")
        output = parser.add_mutually_exclusive_group()
        for name, help in (
            ("json", "as JSON"),
            ("mermaid", "as a Mermaid flowchart"),
            ("dot", "as a graph for Graphviz"),
        ):
            output.add_argument(f"--{name}", action="store_const", const=name, dest="output", help=help)
        output.add_argument("--html", metavar="FILE", type=Path, help="into a file, as the map that staff see")
        trace = parser.add_subparsers(dest="what").add_parser(
            "trace", help="run a command, and tell on standard error what it sends and who runs"
        )
        trace.add_argument("command", nargs=argparse.REMAINDER, help="with its own arguments: trace migrate --plan")

    def handle(self, *args: Any, **options: Any) -> None:
        if options.get("what") == "trace":
            trace_command(options["command"], sys.stderr.write)
            return
        chosen = {name: options[name] for name in ("signal", "sender", "app", "project")}
        try:
            if options["on"] is not None:
                text = tell(options["on"], options["output"] or options["html"], filtered=any(chosen.values()))
            elif options["html"]:
                text = write_html(listing.find_connections(**chosen), options["html"])
            else:
                text = show(listing.find_connections(**chosen), options["output"])
        except listing.UnknownNameError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(text)


def show(found: list[Connection], output: str | None) -> str:
    """The connections, in a format."""
    match output:
        case "json":
            return formats.as_json(found)
        case "mermaid":
            return formats.as_mermaid(found)
        case "dot":
            return formats.as_dot(found)
        case _:
            # What is read by another program gets a line for each.
            return listing.table(found, shutil.get_terminal_size(fallback=(1000, 24)).columns)


def tell(what: str, output: str | Path | None, *, filtered: bool) -> str:
    """The story, in a format."""
    if filtered or output not in (None, "json"):
        raise CommandError("--on goes with nothing but --json.")
    lines = story.tell(what)
    return json.dumps(story.as_data(lines), indent=2) if output else f"{story.as_text(lines)}\n{NOT_FOLLOWED}"
