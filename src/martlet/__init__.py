"""Martlet runs Tinybird projects on a laptop and on your own AWS account."""

__version__ = "0.1.0"
