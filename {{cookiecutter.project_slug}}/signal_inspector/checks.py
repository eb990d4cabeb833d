"""System checks: what is wrong with the receivers."""


def register() -> None:
    """Have ``manage.py check`` ask for these."""
