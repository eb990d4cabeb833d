import django_stubs_ext
from django.apps import AppConfig

# Lets annotations such as ModelAdmin[User] run, not only type-check. Here, in the first app, before any of them.
django_stubs_ext.monkeypatch()


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core import checks

        checks.register()
