"""The parts of a random query: each can be dropped, or be replaced by what is in it."""

from dataclasses import dataclass, field


@dataclass
class Part:
    """A text with places `{}`, and what stands in them."""

    text: str
    inner: "list[Part | Query]" = field(default_factory=list)

    def sql(self) -> str:
        first, *rest = self.text.split("{}")
        return first + "".join(i.sql() + after for i, after in zip(self.inner, rest, strict=True))


@dataclass
class Query:
    """One SELECT, or a chain of them.

    Attributes:
        limit: what needs a total order: then all columns come behind the keys of ORDER BY.
        after: ` UNION ALL ` and the like with the queries behind them.
    """

    ctes: list[Part] = field(default_factory=list)
    columns: list[Part] = field(default_factory=list)
    distinct: str = ""
    source: list[Part] = field(default_factory=list)
    array_join: list[Part] = field(default_factory=list)
    prewhere: list[Part] = field(default_factory=list)
    where: list[Part] = field(default_factory=list)
    group: list[Part] = field(default_factory=list)
    mode: str = ""
    having: list[Part] = field(default_factory=list)
    qualify: list[Part] = field(default_factory=list)
    order: list[Part] = field(default_factory=list)
    limit: str = ""
    after: list[Part] = field(default_factory=list)

    def sql(self) -> str:
        def clause(word: str, parts: list[Part], between: str = ", ") -> str:
            return f" {word} " + between.join(part.sql() for part in parts) if parts else ""

        with_ = f"WITH {', '.join(c.sql() for c in self.ctes)} " if self.ctes else ""
        keys = ", ".join(part.sql() for part in self.group)
        group = self.mode.replace("KEYS", keys) if "KEYS" in self.mode else (
            f" GROUP BY {keys}{self.mode}" if keys else self.mode if "ALL" in self.mode else "")  # fmt: skip
        order = clause("ORDER BY", self.order)
        if self.limit or order:
            columns = [column.sql() for column in self.columns]
            if any(c[:1] == "*" or ".*" in c or "COLUMNS" in c for c in columns):
                order = " ORDER BY ALL"
            else:
                numbers = ", ".join(str(n) for n in range(1, len(columns) + 1))
                order = f"{order}, {numbers}" if order else f" ORDER BY {numbers}"
        return (
            f"{with_}SELECT {self.distinct}{', '.join(c.sql() for c in self.columns)}"
            f"{clause('FROM', self.source)}{clause('', self.array_join)}"
            f"{clause('PREWHERE', self.prewhere, ' AND ')}{clause('WHERE', self.where, ' AND ')}{group}"
            f"{clause('HAVING', self.having, ' AND ')}{clause('QUALIFY', self.qualify, ' AND ')}"
            f"{order}{self.limit}{''.join(a.sql() for a in self.after)}"
        )

    def is_ordered(self) -> bool:
        """Whether the order of all rows is fixed."""
        return bool(self.order or self.limit) and not self.after
