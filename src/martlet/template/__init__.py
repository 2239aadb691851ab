"""Tinybird's template language: text and parameter values to ClickHouse SQL."""
