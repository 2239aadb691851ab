"""Engines: SQL to a result."""
