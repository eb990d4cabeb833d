"""User agents in words."""

from ua_parser import parse_os, parse_user_agent


def device(user_agent: str) -> str:
    """The device that a ``User-Agent`` header tells of, such as "Firefox on Windows"; empty if it tells nothing."""
    browser, system = parse_user_agent(user_agent), parse_os(user_agent)
    return " on ".join(part.family for part in (browser, system) if part is not None)
