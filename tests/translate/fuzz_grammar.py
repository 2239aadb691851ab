"""The grammar of random queries.

Whatever would make an answer depend on the order of rows is left out: LIMIT comes with a total
order, floats have exact sums, `row_number` is over unique ids.
"""

import random
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

from tests.translate.fuzz_parts import Part, Query
from tests.translate.fuzz_words import (
    AGGREGATES,
    COLUMNS,
    EXPRESSIONS,
    LITERALS,
    MADE_OF,
    SCALAR,
    STATES,
    WINDOWED,
    WINDOWED_BY_ID,
)

# How a column is written, what kind its values are, and its bare name.
Column = tuple[str, str, str]


@dataclass
class Source:
    """What stands in FROM, and its columns: `(how it is written, kind, its bare name)`."""

    part: Part
    columns: list[Column]
    key: str = ""

    def renamed(self, alias: str) -> list[Column]:
        return [(f"{alias}.{name}", kind, name) for _, kind, name in self.columns]


class Grammar:
    """Makes random queries."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.ctes: list[tuple[str, list[Column]]] = []
        self.number = 0

    def maybe(self, probability: float) -> bool:
        return self.rng.random() < probability

    def fill(self, template: str, of: Callable[[str], Part]) -> Part:
        """Return a template with its places, which are kinds, filled."""
        pieces, inner = "", []
        rest = template
        while "{" in rest:
            before, _, rest = rest.partition("{")
            kind, _, rest = rest.partition("}")
            if before.endswith("'") and not kind.isalpha():
                pieces += f"{before}{{{kind}}}"
                continue
            inner.append(of(kind))
            pieces += f"{before}{{}}"
        return Part(pieces + rest, inner)

    def expression(self, kind: str, columns: list[Column], depth: int = 2) -> Part:
        """Return an expression over columns."""
        draw = self.rng.random()
        if kind == "json" or depth <= 0 or draw < 0.35:
            made = self.simple(kind, columns)
            if made is not None and not self.maybe(0.12 if kind != "cond" else 0.02):
                return made
            if depth <= 0 or kind == "json":
                return Part(self.rng.choice(LITERALS[kind]))
        if kind == "cond" and draw > 0.93 and depth > 1:
            return self.subquery_condition(columns)
        if kind == "int" and draw > 0.97 and depth > 1:
            return Part("({})", [self.scalar_query()])
        template = self.rng.choice(EXPRESSIONS[kind])
        made = self.fill(template, lambda k: self.expression(k, columns, depth - 1))
        return Part(f"({made.text})" if " " in template else made.text, made.inner)

    def simple(self, kind: str, columns: list[Column]) -> Part | None:
        """Return a column of a kind, or what is made of one; None without columns."""
        own = [name for name, k, _ in columns if k == kind]
        if own:
            return Part(self.rng.choice(own))
        made = [template.replace("@", name) for source, template in MADE_OF.get(kind, ())
                for name, k, _ in columns if k == source]  # fmt: skip
        return Part(self.rng.choice(made)) if made else None

    def scalar_query(self) -> Query:
        source = self.table()
        return Query(columns=[self.aggregate("int", source.columns)], source=[source.part])

    def subquery_condition(self, columns: list[Column]) -> Part:
        """Return IN or EXISTS with a subquery."""
        source = self.table()
        kind = self.rng.choice(["int", "str"])
        inside = Query(columns=[self.expression(kind, source.columns, 1)], source=[source.part])
        if self.maybe(0.5):
            inside.where = [self.expression("cond", source.columns, 1)]
        if self.maybe(0.2):
            return Part("EXISTS ({})", [inside])
        word = self.rng.choice(["IN", "NOT IN", "GLOBAL IN"])
        return Part(f"{{}} {word} ({{}})", [self.expression(kind, columns, 1), inside])

    def aggregate(self, kind: str, columns: list[Column]) -> Part:
        template = self.rng.choice(AGGREGATES[kind])
        return self.fill(template, lambda k: self.expression(k, columns, 1))

    def window(self, source: Source) -> Part:
        """Return a window function whose answer the order of rows does not change."""
        pool = WINDOWED_BY_ID if source.key and self.maybe(0.6) else WINDOWED

        def of(kind: str) -> Part:
            if kind == "w":
                if self.maybe(0.3):
                    return Part("")
                return Part(
                    "PARTITION BY {}",
                    [self.expression(self.rng.choice(["int", "str"]), source.columns, 1)],
                )
            if kind == "p":
                return Part("")
            if kind == "o":
                return self.expression(self.rng.choice(SCALAR), source.columns, 1)
            return Part(source.key) if kind == "id" else self.expression(kind, source.columns, 1)

        return self.fill(self.rng.choice(pool), of)

    # FROM

    def table(self) -> Source:
        """Return a table, without or with an alias."""
        name = self.rng.choice(["a", "a", "a", "b", "b", "users", "nothing", "events"])
        columns = [(c, kind, c) for c, kind in COLUMNS[name].items()]
        key = "id" if "id" in COLUMNS[name] else ""
        if self.maybe(0.2):
            alias = self.rng.choice(["x", "y", "k", "s", "T"])
            columns = [
                (c if self.maybe(0.5) else f"{alias}.{c}", kind, c) for c, kind, _ in columns
            ]
            return Source(Part(f"{name} AS {alias}"), columns, key and f"{alias}.{key}")
        return Source(Part(name), columns, key)

    def source(self, depth: int) -> Source:
        """Return a table, a subquery, a join, ..."""
        draw = self.rng.random()
        if self.ctes and draw < 0.4:
            name, columns = self.rng.choice(self.ctes)
            return Source(Part(name), list(columns))
        if draw < 0.5 or depth <= 0:
            return self.table()
        if draw < 0.7:
            query, columns = self.query(depth - 1)
            alias = self.rng.choice(["", " AS q", " q", " AS a"])
            return Source(Part(f"({{}}){alias}", [query]), columns)
        if draw < 0.74:
            return Source(
                Part(self.rng.choice(["numbers(5)", "numbers(2, 4)"])),
                [("number", "int", "number")],
            )
        if draw < 0.77:
            return Source(Part("values('p Int32, q String, r Nullable(Int64)', (1, 'a', NULL), (2, 'b', 3), (2, '', -1))"),
                          [("p", "int", "p"), ("q", "str", "q"), ("r", "int", "r")])  # fmt: skip
        return self.join(depth)

    def join(self, depth: int) -> Source:
        """Return a join of two or three sources."""
        left = self.side(depth)
        sides = ["l", "r", "o"]
        text, inner = f"{left.part.text} AS l", list(left.part.inner)
        columns = left.renamed("l")
        for alias in sides[1 : self.rng.choice([2, 2, 2, 3])]:
            right = self.side(depth - 1)
            kind = self.rng.choice(
                [
                    "INNER",
                    "LEFT",
                    "LEFT",
                    "RIGHT",
                    "FULL",
                    "",
                    "LEFT SEMI",
                    "LEFT ANTI",
                    "ANY LEFT",
                    "CROSS",
                    "RIGHT SEMI",
                    "RIGHT ANTI",
                    "ANY INNER",
                    "ASOF",
                    "ASOF LEFT",
                ]
            )
            if kind == "ANY INNER" and (not left.key or alias != "r"):
                kind = "ANY LEFT"
            if kind.startswith("ANY") or kind in ("ASOF", "ASOF LEFT"):  # one row for a key
                right = Source(
                    Part("(SELECT k, max(v) AS v, min(t) AS t, max(n) AS n FROM b GROUP BY k)"),
                    [("", "int", "k"), ("", "int", "v"), ("", "time", "t"), ("", "int", "n")],
                )
            theirs = right.renamed(alias)
            text += f" {kind} JOIN {right.part.text} AS {alias}"
            inner += right.part.inner
            if kind != "CROSS":
                condition = self.join_condition(columns, theirs, alias, kind)
                text, inner = text + condition.text, inner + condition.inner
            columns = (
                (columns if "SEMI" in kind or "ANTI" in kind else columns + theirs)
                if "RIGHT S" not in kind and "RIGHT A" not in kind
                else theirs
            )
        counts = Counter(name for _, _, name in columns)
        columns = [
            (name if counts[name] == 1 and self.maybe(0.3) else full, kind, name)
            for full, kind, name in columns
        ]
        return Source(Part(text, inner), columns)

    def side(self, depth: int) -> Source:
        if depth > 1 and self.maybe(0.35):
            query, columns = self.query(depth - 2)
            return Source(Part("({})", [query]), columns)
        name = self.rng.choice(["a", "a", "b", "b", "nothing"])
        return Source(Part(name), [(c, kind, c) for c, kind in COLUMNS[name].items()], key="id")

    def join_condition(
        self, left: list[Column], right: list[Column], alias: str, kind: str
    ) -> Part:
        """Return ON or USING."""
        if kind.startswith("ASOF"):
            times = [full for full, k, _ in left if k == "time"] or ["l.t"]
            keys = [full for full, k, name in left if name == "k"] or ["l.k"]
            return Part(
                f" ON {keys[0]} = {alias}.k AND {times[0]} {self.rng.choice(['>=', '>', '<=', '<'])} {alias}.t"
            )
        if kind.startswith("ANY"):
            keys = [full for full, k, name in left if k == "int" and (
                kind == "ANY LEFT" or name == "id")]  # fmt: skip
            return Part(f" ON {self.rng.choice(keys or ['1'])} = {alias}.k")
        both = sorted(
            {name for _, k, name in left if k in ("int", "str", "date")}
            & {name for _, k, name in right if k in ("int", "str", "date")}
        )
        if both and self.maybe(0.3):
            some = self.rng.sample(both, min(len(both), self.rng.choice([1, 1, 2])))
            return Part(f" USING ({', '.join(some)})")
        for _ in range(9):
            full, k, name = self.rng.choice(left or [("", "", "")])
            same = [
                other for other, kind_, n in right if kind_ == k and (n == name or self.maybe(0.3))
            ]
            if same and k in ("int", "str", "date", "time"):
                part = Part(f" ON {full} = {self.rng.choice(same)}")
                break
        else:
            part = Part(" ON 1 = 1")
        if self.maybe(0.3):
            which = self.rng.choice([left, right, left + right])
            more = self.expression("cond", which, 0 if self.maybe(0.4) else 1)
            part = Part(f"{part.text} AND {{}}", [*part.inner, more])
        return part

    # Whole queries

    def aliased(self, part: Part, name: str) -> Part:
        return Part(f"{part.text} AS {name}", part.inner)

    def name(self, columns: list[Column], taken: set[str]) -> str:
        """Return a new alias, often one that is a column's name too."""
        for _ in range(5):
            pool = (
                [name for _, _, name in columns]
                if columns and self.maybe(0.35)
                else ["c", "total", "value", "C", "x", "day", "my name"]
            )
            name = self.rng.choice(pool)
            if name not in taken:
                taken.add(name)
                return name if name.isidentifier() or name.startswith("`") else f"`{name}`"
        self.number += 1
        return f"z{self.number}"

    def query(self, depth: int = 2, *, top: bool = False) -> tuple[Query, list[Column]]:
        """Return a SELECT and the columns that a query around it sees."""
        query = Query()
        outer = list(self.ctes)
        if self.maybe(0.15 if not top else 0.3) and depth > 0:
            for name in self.rng.sample(["w1", "w2", "b"], self.rng.choice([1, 1, 2])):
                inside, columns = self.query(depth - 1)
                query.ctes.append(Part(f"{name} AS ({{}})", [inside]))
                self.ctes.append((name, columns))
        scalars: list[Column] = []
        if self.maybe(0.1):
            kind = self.rng.choice(["int", "str"])
            query.ctes.append(Part(f"{self.rng.choice(LITERALS[kind][:3])} AS p1"))
            scalars.append(("p1", kind, "p1"))
        elif self.maybe(0.05):
            query.ctes.append(Part("({}) AS p1", [self.scalar_query()]))
            scalars.append(("p1", "int", "p1"))
        source = self.source(depth)
        self.ctes = outer
        query.source = [source.part]
        visible = source.columns + scalars
        if self.maybe(0.12):
            self.array_join(query, visible)
            source.key = ""
        where = visible
        if self.maybe(0.3):
            columns = self.grouped(query, visible)
        elif self.maybe(0.08):
            columns = self.state(query, visible)
        elif self.maybe(0.08):
            columns = self.starred(query, source)
        else:
            columns = self.plain(query, Source(source.part, visible, source.key))
            where = visible + (
                [c for c in columns if c[0].isidentifier()] if not query.qualify else []
            )
        if self.maybe(0.4):
            query.where = [
                self.expression("cond", where, 2) for _ in range(self.rng.choice([1, 1, 2]))
            ]
        if self.maybe(0.05) and source.part.text in COLUMNS:
            query.prewhere = [self.expression("cond", visible, 1)]
        self.order(query, columns, visible, top)
        if self.maybe(0.08) and depth > 0 and columns and not query.distinct:
            self.chain(query, columns)
        return query, columns

    def array_join(self, query: Query, visible: list[Column]) -> None:
        kind = self.rng.choice(["ints", "strs"])
        array = self.expression(kind, visible, 1)
        word = self.rng.choice(["ARRAY JOIN", "LEFT ARRAY JOIN"])
        if array.text.isidentifier() and self.maybe(0.4):
            query.array_join = [Part(f"{word} {array.text}")]
            visible[:] = [(f, kind[:-1] if f == array.text else k, n) for f, k, n in visible]
            return
        query.array_join = [Part(f"{word} {array.text} AS el", array.inner)]
        visible.append(("el", kind[:-1], "el"))

    def plain(self, query: Query, source: Source) -> list[Column]:
        """Fill in columns without GROUP BY, or aggregates only."""
        taken: set[str] = set()
        out: list[Column] = []
        seen = list(source.columns)
        if self.maybe(0.12):
            for _ in range(self.rng.choice([1, 2, 3])):
                kind = self.rng.choice(["int", "int", "float", "str", "ints"])
                name = self.name(seen, taken)
                query.columns.append(self.aliased(self.aggregate(kind, source.columns), name))
                out.append((name, kind, name))
            if self.maybe(0.3):
                query.having = [Part("{} > 1", [self.aggregate("int", source.columns)])]
            return out
        for _ in range(self.rng.choice([1, 2, 3, 4])):
            kind = self.rng.choice([*SCALAR, "ints", "strs", "cond"])
            if self.maybe(0.12):
                part, kind = self.window(source), "int"
            elif kind in ("int", "str") and self.maybe(0.06):
                part = Part("arrayJoin({})", [self.expression(f"{kind}s", source.columns, 1)])
            else:
                part = self.expression(kind, seen, 2)
            if (
                self.maybe(0.15) and "SELECT" not in part.sql()
            ):  # its name would have a number in it
                query.columns.append(part)
                simple = part.text.rpartition(".")[2]
                if not part.inner and simple.isidentifier():
                    out.append((simple, kind, simple))
                continue
            name = self.name(source.columns, taken)
            query.columns.append(self.aliased(part, name))
            out.append((name, kind, name))
            seen = [c for c in seen if c[0] != name] + [(name, kind, name)]
        draw = self.rng.random()
        if draw < 0.1:
            query.distinct = "DISTINCT "
        elif draw < 0.13 and out:
            query.distinct = f"DISTINCT ON ({self.rng.choice(out)[0]}) "
            query.limit = " "
        elif draw < 0.18:
            query.qualify = [Part("{} > 1", [self.window(source)])]
        return out

    def grouped(self, query: Query, visible: list[Column]) -> list[Column]:
        """Fill in keys and aggregates."""
        taken: set[str] = set()
        out: list[Column] = []
        for _ in range(self.rng.choice([1, 1, 2, 2, 3])):
            kind = self.rng.choice(SCALAR)
            key = self.expression(kind, visible, self.rng.choice([0, 1, 2]))
            draw = self.rng.random()
            if draw < 0.15:
                query.group.append(key)
                continue
            if draw < 0.3 and not key.inner:
                query.group.append(key)
                query.columns.append(deepcopy(key))
                simple = key.text.rpartition(".")[2]
                if simple.isidentifier():
                    out.append((simple, kind, simple))
                continue
            name = self.name(visible, taken)
            query.columns.append(self.aliased(key, name))
            number = str(len(query.columns))
            query.group.append(
                Part(number if draw < 0.45 else name) if draw < 0.8 else deepcopy(key)
            )
            out.append((name, kind, name))
        keys = list(out)
        for _ in range(self.rng.choice([0, 1, 1, 2, 3])):
            kind = self.rng.choice(
                ["int", "int", "int", "float", "str", "ints", "strs", "date", "time"]
            )
            name = self.name(visible, taken)
            query.columns.append(self.aliased(self.aggregate(kind, visible), name))
            out.append((name, kind, name))
        if self.maybe(0.35) and out:
            kind = self.rng.choice(["int", "str", "float"])
            name = self.name(visible, taken)
            query.columns.append(self.aliased(self.expression(kind, out, 1), name))
            out.append((name, kind, name))
        if self.maybe(0.12) and len(out) > len(keys):
            over = self.rng.choice(
                [
                    "sum(count()) OVER ()",
                    "rank() OVER (ORDER BY count() DESC)",
                    "sum(sum({int})) OVER ()",
                ]
            )
            name = self.name(visible, taken)
            part = self.fill(over, lambda k: self.expression(k, visible, 0))
            query.columns.append(self.aliased(part, name))
            out.append((name, "int", name))
        if not query.columns:
            query.columns = [Part("count()")]
        draw = self.rng.random()
        if draw < 0.07 and not any("arrayJoin" in c.text for c in query.columns):
            query.group, query.mode = [], " GROUP BY ALL"
        elif draw < 0.12:
            query.mode = " WITH ROLLUP"
        elif draw < 0.16:
            query.mode = " WITH CUBE"
        elif draw < 0.21:
            query.mode = " WITH TOTALS"
        elif draw < 0.25:
            query.mode = self.rng.choice(
                [" GROUP BY GROUPING SETS ((KEYS), ())", " GROUP BY GROUPING SETS ((KEYS))"]
            )
        if self.maybe(0.25):
            condition = self.expression("cond", out, 1) if self.maybe(0.5) and out else Part(
                "{} > 1", [self.aggregate("int", visible)])  # fmt: skip
            query.having = [condition]
        return out

    def state(self, query: Query, visible: list[Column]) -> list[Column]:
        """Fill in -Merge over -State in a subquery."""
        name, _, arguments = self.rng.choice(STATES).partition("|")
        base, combinator = (name[:-2], "If") if name.endswith("If") else (name, "")
        made = self.fill(arguments, lambda k: self.expression(k, visible, 1))
        key = self.expression(self.rng.choice(["int", "str"]), visible, 1)
        inside = Query(columns=[self.aliased(key, "g"), Part(f"{base}{combinator}State({made.text}) AS st", made.inner)],
                       source=query.source, array_join=query.array_join, group=[Part("g"), *([self.expression("int", visible, 0)] if self.maybe(0.5) else [])])  # fmt: skip
        query.array_join = []
        query.source = [Part("({})", [inside])]
        merged = Part(f"{base}{combinator}Merge(st) AS merged")
        visible[:] = [("g", "int" if "toString" not in key.text else "str", "g")]
        if self.maybe(0.7):
            query.columns, query.group = [Part("g"), merged], [Part("g")]
            return [("merged", "int", "merged")]
        query.columns = [merged]
        return [("merged", "int", "merged")]

    def starred(self, query: Query, source: Source) -> list[Column]:
        names = [name for full, _, name in source.columns if name.isidentifier()]
        some = self.rng.choice(names) if names else "k"
        star = self.rng.choice(
            [
                "*",
                "*",
                f"* EXCEPT ({some})",
                f"* REPLACE (toString({some}) AS {some})",
                f"*, {some} AS more",
                f"COLUMNS('^{some[:1]}')",
            ]
        )
        query.columns = [Part(star)]
        gone = some if "EXCEPT" in star or "REPLACE" in star else ""
        if star.startswith("COLUMNS"):
            return [(n, k, n) for f, k, n in source.columns if n.startswith(some[:1])]
        return [(n, k, n) for f, k, n in source.columns if n != gone and n.isidentifier()]

    def order(self, query: Query, out: list[Column], visible: list[Column], top: bool) -> None:
        """Fill in ORDER BY, LIMIT and LIMIT BY."""
        if self.maybe(0.5 if top else 0.15):
            pool = (
                out
                if query.group or query.distinct or query.having or "GROUP" in query.mode
                else out + visible
            )
            if not out or self.maybe(0.1):
                pool = out
            for _ in range(self.rng.choice([1, 1, 2])):
                simple = [c for c in pool if c[1] in SCALAR]
                if not simple:
                    break
                kind = self.rng.choice(simple)[1]
                part = self.expression(kind, pool, self.rng.choice([0, 0, 1]))
                direction = self.rng.choice(
                    ["", "", " DESC", " ASC NULLS FIRST", " DESC NULLS FIRST", " DESC NULLS LAST"]
                )
                query.order.append(Part(part.text + direction, part.inner))
        draw = self.rng.random()
        if draw < 0.15:
            query.limit += self.rng.choice(
                [" LIMIT 5", " LIMIT 3 OFFSET 2", " LIMIT 0", " LIMIT 2, 3", " OFFSET 1"]
            )
        elif draw < 0.2 and out:
            by = self.rng.choice(out)[0]
            query.limit += self.rng.choice(
                [f" LIMIT 1 BY {by}", f" LIMIT 2 BY {by} LIMIT 4", f" LIMIT 1 OFFSET 1 BY {by}"]
            )
        elif (
            draw < 0.23
            and top
            and query.group
            and out
            and out[0][1] in ("int", "date")
            and not query.mode
        ):
            name = out[0][0]
            query.order = [Part(f"{name} WITH FILL" + self.rng.choice(["", "", " STEP 2"]))]
            query.columns = query.columns[:]
        if top and not query.order and not query.limit and self.maybe(0.1):
            query.limit = " "

    def chain(self, query: Query, columns: list[Column]) -> None:
        """Put a second query of as many columns behind one."""
        word = self.rng.choice(["UNION ALL", "UNION ALL", "UNION DISTINCT", "EXCEPT", "INTERSECT"])
        if query.limit or query.order or len(query.columns) != len(columns):
            return
        table = self.table()
        other = Query(
            columns=[
                self.expression(kind if kind != "cond" else "int", table.columns, 1)
                for _, kind, _ in columns
            ],
            source=[table.part],
        )
        query.after = [Part(f" {word} {{}}", [other])]
