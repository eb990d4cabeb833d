"""Proofs have the fixtures of the site that they run in."""

pytest_plugins = ["conftest"]
