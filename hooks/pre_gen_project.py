"""Runs before anything is written. Its checks are made while Cookiecutter renders this file, by the filters below.

{{ cookiecutter | checked_answers }}
{{ cookiecutter | refuse_unprotected }}
"""
