"""ClickHouse SQL as text: lexemes, the tables it names, and what it may not do."""
