"""Model fields of accounts."""

from typing import Any

from django.db import models


class LowercaseEmailField(models.EmailField[str, str]):
    """An email address kept in lower case: unique, and found, whatever case it is typed in.

    Saves, bulk writes, and lookups of whole addresses go through it. Python lowers every letter; SQLite only ASCII.
    """

    def to_python(self, value: Any) -> Any:
        # Before validation: in lower case an address may be longer.
        return lower(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        return lower(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        # The instance shows at once what is stored.
        value = self.get_prep_value(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


def lower(value: Any) -> Any:
    """Text in lower case; anything else as it is."""
    return value.lower() if isinstance(value, str) else value
