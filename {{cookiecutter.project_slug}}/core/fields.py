"""Model fields that several apps use."""

from typing import Any

from django import forms
from django.db import models


class MultilineFormField(forms.CharField):
    """Text of several lines. Browsers send each line break as CRLF, whatever the page has shown them."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return value.replace("\r\n", "\n") if isinstance(value, str) else value


class MultilineTextField(models.TextField[str, str]):
    """A ``TextField`` whose form fields keep line breaks as they are stored: text that nobody edits stays the same."""

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": MultilineFormField, **kwargs})
