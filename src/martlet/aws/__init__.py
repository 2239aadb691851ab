"""Martlet on AWS: the only home of boto's clients."""
