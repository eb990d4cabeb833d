"""A device is named from any user agent, and an update of the browser makes no new one."""

import pytest

from auth_tracking.devices import device


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/17.5 Mobile/15E148 Safari/604.1",
            "Mobile Safari on iOS",
        ),
        ("curl/8.1", "curl"),
        ("", ""),
        ("\u202e" * 400, ""),
    ],
)
def test_a_user_agent_in_words(user_agent: str, words: str) -> None:
    assert device(user_agent) == words


def test_an_update_of_the_browser_is_no_other_device() -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0"
    assert device(firefox.format(130)) == device(firefox.format(131)) == "Firefox on Linux"
