from django.db import models


class Thing(models.Model):
    """What is announced, in the transaction that writes it."""

    number = models.IntegerField(unique=True)


class Sighting(models.Model):
    """That a thing was seen: not unique, so that seeing it twice shows."""

    number = models.IntegerField()
