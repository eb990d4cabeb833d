from django.apps import AppConfig


class TestingConfig(AppConfig):
    """An app that is installed in tests only. Its tables are made with the test database."""

    name = "testing"
