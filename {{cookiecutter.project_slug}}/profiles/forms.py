"""The forms of profiles."""

from django import forms

from profiles.models import Profile


class ProfileForm(forms.ModelForm[Profile]):
    """What its owner may change."""

    # example.com is taken for https://example.com. Django 5.2 would take it for http.
    website = forms.URLField(required=False, max_length=200, assume_scheme="https")

    class Meta:
        model = Profile
        fields = ("bio", "location", "website")
