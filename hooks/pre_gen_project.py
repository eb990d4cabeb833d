"""Runs before anything is written. Its check is made while Cookiecutter renders this file, by the filter below.

{{ cookiecutter | refuse_unprotected }}
"""
