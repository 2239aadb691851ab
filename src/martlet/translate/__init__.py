"""ClickHouse SQL to Trino SQL."""
