"""Model fields of accounts."""

from typing import Any

from django.db import models


class LowercaseEmailField(models.EmailField[str, str]):
    """An email address kept in lower case: unique, and found, whatever case it is typed in.

    Saves, bulk writes and lookups all go through it. Python lowers every letter; SQLite's LOWER() only knows ASCII.
    """

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value.lower() if isinstance(value, str) else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        # The instance shows at once what is stored.
        value = self.get_prep_value(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value
