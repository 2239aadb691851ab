"""Datafiles and project folders as text, read into `model`."""
