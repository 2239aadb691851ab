"""What random queries are made of: two tables, expressions by the kind of their result, literals."""

from tests.trino.differential import Table

# Few distinct values, so that joins and groups meet.
A = Table(
    "a",
    {"id": "UInt32", "k": "UInt8", "n": "Nullable(Int32)", "s": "String",
     "lc": "LowCardinality(String)", "ns": "Nullable(String)", "d": "Date", "t": "DateTime",
     "f": "Float64", "arr": "Array(Int32)", "tags": "Array(String)", "m": "Map(String, Int32)",
     "js": "String"},
    [
        {"id": i, "k": i % 4, "n": [1, None, 3, -2, 0][i % 5], "s": ["a", "b", "", "ab"][i // 2 % 4],
         "lc": ["x", "y", ""][i % 3], "ns": [None, "a", "b", ""][i % 4],
         "d": f"2024-0{i % 3 + 1}-{i % 5 + 26}" if i % 3 != 1 else "2024-02-29",
         "t": f"2024-0{i % 3 + 1}-1{i % 4} {i % 24:02}:30:{i % 60:02}", "f": [0.5, 2.0, -1.25, 0.0][i % 4],
         "arr": [[], [1, 2], [3], [2, 2, -1]][i // 3 % 4], "tags": [["a"], [], ["b", "a"], ["", "c"]][i % 4],
         "m": [{"x": 1}, {}, {"x": 2, "y": 3}][i % 3],
         "js": ['{"a": 1, "b": "x"}', "", '{"a": 2.5, "b": null, "c": [1, 2]}', '{"b": "y"}'][i % 4]}
        for i in range(24)
    ],
)  # fmt: skip
B = Table(
    "b",
    {"id": "UInt32", "k": "Int32", "n": "Nullable(Int64)", "s": "LowCardinality(String)",
     "v": "Int64", "d": "Date", "t": "DateTime", "tags": "Array(String)", "u": "UInt64"},
    [
        {"id": i * 2, "k": [1, 2, 3, 5, -1][i % 5], "n": [3, None, 1][i % 3], "s": ["a", "ab", "z", ""][i % 4],
         "v": [10, -5, 0, 7][i // 2 % 4], "d": f"2024-0{i % 4 + 1}-29", "t": f"2024-02-1{i % 5} 0{i % 7}:00:{i:02}",
         "tags": [["a", "z"], [], ["c"]][i % 3], "u": [0, 5, 100][i % 3]}
        for i in range(14)
    ],
)  # fmt: skip
TABLES_OWN = (A, B)

# What columns are for expressions; an id is unique in its table.
COLUMNS: dict[str, dict[str, str]] = {
    "a": {"id": "int", "k": "int", "n": "int", "s": "str", "lc": "str", "ns": "str", "d": "date",
          "t": "time", "f": "float", "arr": "ints", "tags": "strs", "m": "map", "js": "json"},
    "b": {"id": "int", "k": "int", "n": "int", "s": "str", "v": "int", "d": "date", "t": "time",
          "tags": "strs", "u": "int"},
    "users": {"user_id": "str", "plan": "str", "age": "int", "score": "float", "signup": "date",
              "tags": "strs"},
    "nothing": {"id": "int", "s": "str", "n": "int", "ts": "time", "f": "float"},
    "events": {"event_id": "str", "timestamp": "time", "user_id": "str", "action": "str",
               "country": "str", "amount": "int", "duration": "int", "is_bot": "int",
               "tags": "strs", "properties": "json"},
}  # fmt: skip

# Nothing is taken from days and times: where an outer join has no row they are the least ones,
# and before them ClickHouse wraps.
SCALAR = ("int", "int", "int", "str", "str", "float", "date", "time")
EXPRESSIONS: dict[str, list[str]] = {
    "int": ["{int} + {int}", "{int} - {int}", "{int} * 2", "-{int}", "{int} % 3", "intDiv({int}, 3)", "length({str})",
            "toYear({date})", "toMonth({time})", "toDayOfWeek({date})", "dateDiff('day', {date}, {date})",
            "dateDiff('month', {time}, {time})", "if({cond}, {int}, {int})", "multiIf({cond}, {int}, {cond}, {int}, 0)",
            "CASE WHEN {cond} THEN {int} ELSE {int} END", "CASE {int} WHEN 1 THEN {int} WHEN 2 THEN 5 END",
            "CASE WHEN {cond} THEN {int} END", "coalesce({int}, 0)", "if({cond}, {int}, NULL)", "coalesce({int}, {int}, 7)", "ifNull({int}, -1)",
            "indexOf({ints}, {int})", "length({ints})", "arraySum({ints})", "arrayCount(x -> x > {int}, {ints})",
            "JSONExtractInt({json}, 'a')", "toInt64({int})", "nullIf({int}, 1)", "abs({int})", "least({int}, {int})",
            "greatest({int}, {int})", "{cond}", "{map}['x']", "toUnixTimestamp({time})", "{int}::Nullable(Int64)",
            "JSONExtract({json}, 'a', 'Nullable(Int64)')", "toYYYYMM({date})", "arrayMax(arrayConcat({ints}, [0]))",
            "tuple({int}, {str}).1", "sign({int})", "toInt32OrZero({str})"],
    "cond": ["{int} > {int}", "{int} = {int}", "{str} = {str}", "{str} != {str}", "{int} IN (1, 2, 3)", "{str} IN ('a', 'x')",
             "{str} NOT IN ('a', '')", "has({ints}, {int})", "has({strs}, 'a')", "{str} LIKE 'a%'", "{int} IS NULL",
             "{str} IS NOT NULL", "NOT {cond}", "{cond} AND {cond}", "{cond} OR {cond}", "{date} >= toDate('2024-02-01')",
             "{time} < '2024-02-12 00:00:00'", "{int} BETWEEN 1 AND 3", "empty({strs})", "notEmpty({str})", "{int} >= {float}",
             "startsWith({str}, 'a')", "{date} = {date}", "JSONHas({json}, 'b')", "arrayExists(x -> x = {str}, {strs})",
             "({int}, {str}) IN ((1, 'a'), (2, 'b'))"],
    "str": ["upper({str})", "concat({str}, {str})", "{str} || '-'", "substring({str}, 1, 1)", "toString({int})",
            "if({cond}, {str}, {str})", "coalesce({str}, 'z')", "formatDateTime({time}, '%Y-%m')", "arrayStringConcat({strs}, ',')",
            "JSONExtractString({json}, 'b')", "toString({date})", "CASE WHEN {cond} THEN 'yes' ELSE {str} END", "ifNull({str}, '')",
            "nullIf({str}, 'a')", "if({cond}, NULL, {str})", "multiIf({cond}, 'p', {cond}, {str}, 'q')", "toString({time})", "CASE {str} WHEN 'a' THEN 'A' ELSE 'B' END",
            "replaceAll({str}, 'a', 'o')", "{strs}[1]", "transform({str}, ['a', 'b'], ['A', 'B'], '?')", "lower({str})"],
    "float": ["{int} / 4", "round({float}, 1)", "{float} + {int}", "toFloat64({int})", "{float} * 2", "if({cond}, {float}, 0)",
              "JSONExtractFloat({json}, 'a')", "coalesce({float}, 0)", "floor({float})"],
    "date": ["toDate({time})", "toStartOfMonth({date})", "toMonday({date})", "{date} + 3", "addMonths({date}, 1)",
             "{date} + INTERVAL 1 WEEK", "toStartOfWeek({time})", "toStartOfYear({date})", "toLastDayOfMonth({date})",
             "if({cond}, {date}, toDate('2024-01-01'))", "toStartOfInterval({date}, INTERVAL 1 MONTH)", "toStartOfQuarter({date})"],
    "time": ["toStartOfHour({time})", "{time} + INTERVAL 90 MINUTE", "toStartOfInterval({time}, INTERVAL 6 HOUR)", "toDateTime({date})",
             "date_trunc('hour', {time})", "{time} + INTERVAL 1 MONTH", "addDays({time}, 2)", "toStartOfFiveMinutes({time})",
             "{time} + toIntervalDay({int} % 3)", "toStartOfDay({time})"],
    "ints": ["arrayMap(x -> x + {int}, {ints})", "arrayFilter(x -> x > {int}, {ints})", "arraySort({ints})", "arrayDistinct({ints})",
             "arrayConcat({ints}, {ints})", "[{int}, {int}]", "arrayMap(x -> length(x), {strs})", "arrayReverse({ints})",
             "if({cond}, {ints}, [])", "JSONExtract({json}, 'c', 'Array(Int64)')", "arrayEnumerate({strs})"],
    "strs": ["splitByChar(',', {str})", "arrayMap(x -> upper(x), {strs})", "mapKeys({map})", "arrayFilter(x -> x != {str}, {strs})",
             "arrayConcat({strs}, ['q'])", "[{str}, {str}]", "arraySort({strs})"],
    "map": ["map('x', 5)"],
    "json": ["'{\"a\": 7}'"],
}  # fmt: skip
LITERALS: dict[str, list[str]] = {
    "int": ["0", "1", "2", "-1"], "cond": ["1", "0", "true"], "str": ["'a'", "''", "'b'"],
    "float": ["0.5", "2.", "-1.25"], "date": ["toDate('2024-02-29')", "toDate('2024-01-31')"],
    "time": ["toDateTime('2024-02-11 02:30:00')"], "ints": ["[1, 2]", "[1, NULL]", "range(3)"],
    "strs": ["['a', 'b']"], "map": ["map('x', 1, 'z', 2)"], "json": ["'no'"],
}  # fmt: skip
MADE_OF = {
    "int": [("str", "length(@)"), ("date", "toMonth(@)"), ("strs", "length(@)"), ("time", "toHour(@)")],
    "str": [("int", "toString(@)"), ("date", "toString(@)")],
    "cond": [("int", "@ > 1"), ("str", "@ = 'a'"), ("date", "@ > '2024-02-10'")],
    "float": [("int", "@ / 2")], "date": [("time", "toDate(@)")], "time": [("date", "toDateTime(@)")],
    "ints": [("int", "[@]")], "strs": [("str", "[@]")],
}  # fmt: skip
AGGREGATES: dict[str, list[str]] = {
    "int": ["count()", "count({str})", "sum({int})", "sum({int})", "min({int})", "max({int})", "uniqExact({str})", "countIf({cond})",
            "sumIf({int}, {cond})", "count(DISTINCT {int})", "maxIf({int}, {cond})", "sumOrNull({int})", "uniqExact({int}, {str})",
            "uniqExactIf({int}, {cond})", "sum({int}) FILTER (WHERE {cond})", "sumDistinct({int})", "minOrNullIf({int}, {cond})",
            "groupBitOr(toUInt8({cond}))", "sumArray({ints})", "max({cond})", "sum({cond})", "count(*)",
            "sum(if({cond}, {int}, 0))", "quantileExact(0.5)({int})", "countIf({cond}) + count()", "sum({int}) + {int}"],
    "float": ["avg({int})", "avg({float})", "sum({float})", "avgIf({int}, {cond})", "max({float})", "sum({int}) / count()",
              "avgOrDefault({int})", "countIf({cond}) / count()", "round(avg({int}), 1)", "varPop({int})"],
    "str": ["min({str})", "max({str})", "maxIf({str}, {cond})", "toString(count())", "minOrNull({str})",
            "arrayStringConcat(arraySort(groupArray({str})), ',')"],
    "ints": ["arraySort(groupArray({int}))", "arraySort(groupUniqArray({int}))", "arraySort(groupArrayIf({int}, {cond}))"],
    "strs": ["arraySort(groupArray({str}))", "arraySort(groupUniqArray({str}))", "arraySort(groupUniqArrayArray({strs}))"],
    "date": ["min({date})", "max({date})", "maxIf({date}, {cond})"], "time": ["min({time})", "max({time})"],
}  # fmt: skip
WINDOWED = ["sum({int}) OVER ({w} {p})", "count() OVER ({w})", "rank() OVER ({w} ORDER BY {o})", "dense_rank() OVER (ORDER BY {o} DESC)",
            "max({int}) OVER ({w} ORDER BY {o})", "avg({int}) OVER ({w} ORDER BY {o})", "sum({int}) OVER (ORDER BY {o})",
            "min({str}) OVER ({w} ORDER BY {o} DESC)", "uniqExact({str}) OVER ({w})", "countIf({cond}) OVER ({w})",
            "sum({int}) OVER ({w} ORDER BY {o} RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"]  # fmt: skip
WINDOWED_BY_ID = ["row_number() OVER ({w} ORDER BY {id})", "row_number() OVER ({w} ORDER BY {o} DESC, {id})", "lagInFrame({int}) OVER ({w} ORDER BY {id})",
                  "lagInFrame({int}, 1, 7) OVER ({w} ORDER BY {id} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
                  "leadInFrame({str}) OVER ({w} ORDER BY {id} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
                  "sum({int}) OVER ({w} ORDER BY {id} ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)",
                  "first_value({int}) OVER ({w} ORDER BY {id})", "last_value({int}) OVER ({w} ORDER BY {id} DESC)",
                  "sum({int}) OVER ({w} ORDER BY {id} ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)",
                  "count() OVER (ORDER BY {id} ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING)",
                  "sum({int}) OVER ({w} ORDER BY {id} RANGE BETWEEN 2 PRECEDING AND CURRENT ROW)"]  # fmt: skip
STATES = [
    "sum|{int}",
    "count|",
    "uniqExact|{str}",
    "max|{int}",
    "min|{str}",
    "avg|{int}",
    "countIf|{cond}",
    "sumIf|{int}, {cond}",
]
