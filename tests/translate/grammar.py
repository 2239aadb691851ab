"""Random ClickHouse expressions and queries, by the catalogue's rows and what chDB says of them.

An expression that chDB accepted is learnt with its type: later ones are made of it. Functions that
need literals, or arguments that go together, have templates: `{kind}` is an argument of a kind,
`{kind|x=array}` one in which the name x stands for an element of a kind.
"""

import random
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from martlet.translate.aggregates import AGGREGATES
from martlet.translate.catalogue import FUNCTIONS

# Values well inside of their types: beyond a type's bounds ClickHouse wraps, which is documented.
COLUMNS = {
    "id": "UInt32", "g": "UInt8", "i8": "Int8", "i16": "Int16", "i32": "Int32", "i64": "Int64",
    "u8": "UInt8", "u16": "UInt16", "u32": "UInt32", "u64": "UInt64", "f32": "Float32",
    "f64": "Float64", "dec": "Decimal(12, 2)", "b": "Bool", "s": "String", "s2": "String",
    "lc": "LowCardinality(String)", "lcn": "LowCardinality(Nullable(String))", "d": "Date",
    "d32": "Date32", "dt": "DateTime", "dt3": "DateTime64(3)", "dt6": "DateTime64(6)",
    "dtz": "DateTime('America/New_York')", "dt3z": "DateTime64(3, 'Asia/Kolkata')",
    "e": "Enum8('red' = 1, 'green' = 2, 'blue' = -3)", "uid": "UUID",
    "ni": "Nullable(Int32)", "nu": "Nullable(UInt64)", "nf": "Nullable(Float64)",
    "nb": "Nullable(Bool)", "ns": "Nullable(String)", "nd": "Nullable(Date)",
    "ndt": "Nullable(DateTime)", "ndt3": "Nullable(DateTime64(3))",
    "as": "Array(String)", "ai": "Array(Int32)", "an": "Array(Nullable(Int32))",
    "af": "Array(Float64)", "aa": "Array(Array(Int32))", "m": "Map(String, Int32)",
    "ms": "Map(String, String)", "t": "Tuple(String, UInt8)",
    "nt": "Tuple(name String, size Int32)", "js": "String", "url": "String",
}  # fmt: skip

# Kind of an argument -> classes of types that it is made of.
_KINDS: dict[str, tuple[str, ...]] = {
    "any": ("text", "int", "float", "decimal", "bool", "date", "datetime", "array", "texts",
            "numbers", "map", "tuple", "other"),
    "scalar": ("text", "int", "float", "decimal", "bool", "date", "datetime", "other"),
    "text": ("text",), "string": ("text",), "int": ("int", "int", "bool"), "integer": ("int",),
    "number": ("int", "int", "float", "decimal"), "double": ("int", "float", "float"),
    "bool": ("truth", "truth", "bool", "int"), "truth": ("truth",), "date": ("date",),
    "datetime": ("datetime",), "time": ("date", "datetime", "datetime"),
    "local": ("date", "datetime"), "array": ("array", "texts", "numbers"), "texts": ("texts",),
    "numbers": ("numbers",), "map": ("map",), "tuple": ("tuple",), "decimal": ("decimal",),
    "other": ("other",),
}  # fmt: skip
_LITERALS: dict[str, tuple[str, ...]] = {
    "text": ("'abc'", "''", "'b'", "'a,b'", "'ü'", "'Hello'", "'123'"),
    "int": ("1", "0", "3", "-2", "7", "1"), "float": ("2.5", "0.5", "-1.25"),
    "decimal": ("toDecimal64(1.5, 2)",), "bool": ("true", "false"),
    "truth": ("u8 > 2", "s = 'abc'", "ni > 0", "1", "0", "NOT b", "isNull(ns)"),
    "date": ("toDate('2024-02-29')", "toDate(dt)", "toDate32('2024-12-31')"),
    "datetime": ("toDateTime('2024-03-31 02:30:00')", "toDateTime64('2024-02-29 01:02:03.456', 3)",
                 "toDateTime('2024-11-03 01:30:00', 'America/New_York')"),
    "array": ("[(1, 'a')]", "['2024-01-01'::Date]"), "texts": ("['a', 'b']", "splitByChar(',', s)", "[s, s2]"),
    "numbers": ("[1, 2, 3]", "[u8, i32]", "[1.5, NULL]"), "map": ("map('a', 1)", "map('k', s)"),
    "tuple": ("(1, 'x')", "(s, i32)"), "other": ("e", "uid"),
}  # fmt: skip

# Placeholders that are one of some literals.
_CHOICES: dict[str, tuple[str, ...]] = {
    "unit": ("'day'", "'month'", "'hour'", "'week'", "'year'", "'quarter'", "'minute'", "'second'"),
    "zone": ("'UTC'", "'Asia/Tokyo'", "'America/New_York'", "'Europe/Berlin'"),
    "interval": ("INTERVAL 1 DAY", "INTERVAL 2 HOUR", "INTERVAL 1 MONTH", "INTERVAL 3 WEEK",
                 "INTERVAL 15 MINUTE", "INTERVAL 30 SECOND", "INTERVAL 1 YEAR", "INTERVAL 1 QUARTER",
                 "toIntervalDay(3)", "toIntervalHour(u8)"),
    "step": ("INTERVAL 1 DAY", "INTERVAL 2 HOUR", "INTERVAL 1 MONTH", "INTERVAL 1 WEEK",
             "INTERVAL 15 MINUTE", "INTERVAL 30 SECOND", "INTERVAL 1 YEAR", "INTERVAL 3 MONTH",
             "INTERVAL 3 DAY", "INTERVAL 2 YEAR", "INTERVAL 1 QUARTER"),
    "format": ("'%Y-%m-%d'", "'%Y-%m-%d %H:%i:%S'", "'%H:%M'", "'%b %e, %Y'", "'%j'", "'%a %W'", "'%F %T'",
               "'%G-%V'", "'%y%m%d'", "'%I:%i %p'"),
    "joda": ("'yyyy-MM-dd'", "'HH:mm:ss'", "'EEE, d MMM yyyy'", "'yyyyDDD'"),
    "separator": ("','", "'a'", "' '", "'b'", "'l'"),
    "pattern": ("'a'", "'[a-c]+'", "'^a'", "'(\\\\w)(\\\\w)'", "'\\\\d+'", "'o$'", "'(?i)h.l'", "'l+'",
                "'b|c'", "'x(\\\\d)?'"),
    "like": ("'%a%'", "'abc'", "'a_c%'", "'%,%'", "'%\\\\_%'", "'H%d'", "''", "'%'"),
    "replacement": ("'-'", "''", "'<\\\\1>'", "'[\\\\0]'"),
    "digits": ("0", "1", "2", "3", "6", "-1"), "small": ("0", "1", "2", "3", "5"),
    "signed": ("1", "2", "-1", "-2", "3"), "positive": ("1", "2", "3"),
    "path": ("'a'", "'b'", "'c', 1", "'d', 'e'", "'c', -1", "'zz'"),
    "where": ("'a'", "'b'", "'c'", "'d'", "'zz'"),
    "json": ("js", "js", "'{\"a\": [1, 2.5, null], \"b\": {\"c\": \"x\"}}'"),
    "type": ("Int32", "Int64", "UInt8", "Float64", "String", "Nullable(String)", "Nullable(Int64)",
             "Nullable(Float64)", "Date", "DateTime", "Decimal(18, 3)", "LowCardinality(String)",
             "Float32", "UInt64", "Bool", "DateTime64(3)"),
    # A negative number is no time.
    "kind": ("Int32", "Int64", "UInt8", "Float64", "String", "Nullable(String)", "Nullable(Int64)",
             "Nullable(Float64)", "Decimal(18, 3)", "Float32", "Bool"),
    "datetext": ("'2024-02-29 10:20:30'", "'2024-01-05'", "toString(dt)", "toString(d)"),
    "numtext": ("'12'", "s", "ns", "'-3'", "toString(i32)", "'2.5'", "lc", "toString(f64)"),
    "extract": ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"),
    "mode": ("0", "1", "3", "2", "5"), "key": ("'a'", "'b'", "'zz'", "s"),
}  # fmt: skip


def _each(names: str, *templates: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(t.replace("@", name) for t in templates) for name in names.split()}


_TEMPLATES: dict[str, tuple[str, ...]] = {
    **_each("arrayMap", "@(x -> {any|x=number}, {numbers})", "@(x -> {any|x=text}, {texts})",
            "@((x, y) -> {any|x=number,y=number}, ai, arrayReverse(ai))"),
    **_each("arrayFilter arrayExists arrayAll arrayCount arrayFirst arrayLast arrayFirstIndex arrayLastIndex "
            "arrayFirstOrNull arrayLastOrNull arrayFill arrayReverseFill",
            "@(x -> {truth|x=number}, {numbers})", "@(x -> {truth|x=text}, {texts})", "@(x -> x > {int}, ai)"),
    **_each("arraySort arrayReverseSort", "@({numbers})", "@({texts})", "@(x -> {number|x=number}, ai)",
            "@(x -> {text|x=text}, as)"),
    **_each("arraySum arrayAvg arrayMin arrayMax arrayCumSum arrayProduct", "@({numbers})",
            "@(x -> {number|x=number}, {numbers})", "@(x -> {int|x=text}, {texts})"),
    **_each("arrayCumSumNonNegative arrayDifference arrayCompact", "@({numbers})"),
    **_each("arrayFold", "@((z, x) -> z + x, ai, toInt64({int}))", "@((z, x) -> concat(z, x), as, '')"),
    **_each("mapFilter mapExists mapAll", "@((k, v) -> {truth|k=text,v=int}, m)"),
    **_each("mapApply", "@((k, v) -> (k, {any|k=text,v=int}), m)", "@((k, v) -> (k, v + 1), m)"),
    **_each("has indexOf countEqual arrayPushBack arrayPushFront", "@({texts}, {text})", "@({numbers}, {int})", "@(an, ni)"),
    **_each("arrayElement arrayElementOrNull", "@({array}, {signed})", "{array}[{signed}]", "m[{key}]"),
    **_each("hasAny hasAll hasSubstr arrayExcept arrayConcat",
            "@({texts}, {texts})", "@({numbers}, {numbers})"),
    # Beside an empty text ClickHouse counts bytes.
    **_each("editDistanceUTF8", "@(s || 'x', 'abc')"),
    # The order of these is not defined.
    **_each("arrayIntersect arrayUnion", "arraySort(@({texts}, {texts}))", "arraySort(@({numbers}, {numbers}))"),
    **_each("arraySlice", "@({array}, {signed})", "@({array}, {signed}, {positive})"),
    **_each("arrayResize", "@({array}, {small})", "@(as, {small}, 'z')"),
    **_each("arrayWithConstant", "@({small}, {scalar})"), **_each("range", "range({small})", "range(u8)", "range({small}, {small})"),
    **_each("arrayStringConcat", "@({texts}, {separator})", "@({array})"),
    **_each("arrayReduce", "@('sum', {numbers})", "@('uniqExact', {array})", "@('max', {texts})", "@('avg', ai)"),
    **_each("mapFromArrays", "@(['a', 'b'], [s, s2])"),
    **_each("map", "@('a', {scalar}, 'b', {int})", "@({text}, {int})"),
    **_each("mapContainsKey mapContainsValue", "@({map}, {text})"),
    **_each("tupleElement", "@(t, 1)", "t.{positive}", "nt.name", "@(nt, 'size')", "({scalar}, {scalar}).1"),
    **_each("array", "[{number}, {number}]", "[{text}, {text}]", "[{time}, {time}]"),
    # It reverses bytes there.
    **_each("reverse", "@(lc)", "@(toString({number}))", "@({texts})", "@({numbers})"),
    # A constant there, whatever it is of.
    **_each("timezoneOf", "empty(@({datetime}))"),
    # Of constants some functions keep the dictionary, some do not.
    **_each("toLowCardinality", "@(s)", "@(ns)", "@(i32)", "@(d)", "@(ndt)"),
    # Decimals are in quotes there: the settings of the comparison.
    **_each("toJSONString", "@({text})", "@({int})", "@({texts})", "@({double})", "@({bool})", "@(m)", "@(an)"),
    **_each("concatWithSeparator", "@({separator}, {text}, {text})"),
    **_each("concat", "@({text}, {text})", "{text} || {text}", "@({scalar}, {scalar})"),
    **_each("coalesce ifNull", "@({number}, {number})", "@({text}, {text})", "@({time}, {time})"),
    **_each("nullIf greatest least equals notEquals less greater lessOrEquals greaterOrEquals "
            "isDistinctFrom isNotDistinctFrom", "@({number}, {number})", "@({text}, {text})", "@({time}, {time})",
            "@({time}, {datetext})"),
    **_each("if", "@({bool}, {number}, {number})", "@({bool}, {text}, {text})", "{bool} ? {time} : {time}",
            "@({bool}, {array}, [])", "@({truth}, {any}, NULL)"),
    **_each("multiIf", "@({bool}, {number}, {bool}, {int}, {number})", "@({bool}, {text}, {bool}, NULL, {text})"),
    **_each("caseWithExpression", "CASE {text} WHEN {text} THEN {number} ELSE {number} END",
            "CASE {int} WHEN 1 THEN {text} WHEN {int} THEN {text} END",
            "CASE WHEN {bool} THEN {text} WHEN {bool} THEN {text} ELSE {text} END"),
    **_each("plus minus", "@({number}, {number})", "{time} + {interval}", "{time} - {interval}", "{time} - {time}",
            "{time} + {int}", "{date} - {date}"),
    **_each("round roundBankers floor ceil trunc", "@({number})", "@({number}, {digits})"),
    **_each("position positionUTF8 positionCaseInsensitive positionCaseInsensitiveUTF8 locate countSubstrings "
            "startsWith endsWith startsWithUTF8 endsWithUTF8", "@({text}, {text})", "@({text}, {separator})"),
    **_each("like notLike ilike notILike", "@({text}, {like})"),
    **_each("match extract extractAll countMatches countMatchesCaseInsensitive", "@({text}, {pattern})"),
    **_each("extractGroups extractAllGroupsVertical extractAllGroupsHorizontal", "@({text}, '(\\\\w)(\\\\w+)')"),
    **_each("regexpExtract", "@({text}, '(\\\\w)(\\\\d)?', {small})"),
    **_each("replaceRegexpAll replaceRegexpOne", "@({text}, {pattern}, {replacement})"),
    **_each("replaceAll replaceOne", "@({text}, {separator}, {text})"),
    **_each("translate translateUTF8", "@({text}, 'abc', 'xyz')"),
    **_each("splitByChar splitByString splitByRegexp", "@({separator}, {text})", "@({separator}, {text}, 2)"),
    **_each("trimBoth trimLeft trimRight", "@({text})", "@({text}, 'a ')", "trim(BOTH 'a' FROM {text})"),
    **_each("substring substringUTF8", "@({text}, {signed})", "@({text}, {signed}, {small})"),
    **_each("left right leftUTF8 rightUTF8", "@({text}, {signed})"), **_each("repeat", "@({text}, {small})"),
    **_each("leftPad rightPad leftPadUTF8 rightPadUTF8", "@({text}, 6, '*')", "@({text}, {small})"),
    **_each("substringIndex", "@({text}, {separator}, {signed})"),
    **_each("format", "@('{} and {}', {text}, {text})", "@('{1}-{0}', {text}, {text})"),
    **_each("toFixedString", "@('ab', 4)"), **_each("char", "@(65, 66)"), **_each("space", "@({small})"),
    **_each("appendTrailingCharIfAbsent", "@({text}, '/')"),
    **_each("extractURLParameter", "@(url, 'x')", "@(url, 'y')"),
    **_each("multiSearchAny multiSearchFirstIndex multiSearchFirstPosition multiSearchAnyCaseInsensitive",
            "@({text}, ['a', 'lo', 'ü'])"), **_each("multiMatchAny", "@({text}, ['^a', 'l+'])"),
    **_each("JSONExtractString JSONExtractInt JSONExtractUInt JSONExtractFloat JSONExtractBool JSONExtractRaw "
            "JSONHas JSONLength JSONExtractArrayRaw JSONExtractKeys", "@({json}, {path})", "@({json}, {where})"),
    **_each("JSONExtract", "@({json}, {where}, 'Int64')", "@({json}, {where}, 'String')", "@({json}, 'c', 'Array(Int64)')",
            "@({json}, {path}, 'Nullable(Float64)')", "@({json}, {where}, 'Bool')"),
    **_each("dateTrunc dateName", "@({unit}, {time})", "@({unit}, {time}, {zone})"),
    **_each("dateDiff age", "@({unit}, {time}, {time})", "@({unit}, {datetime}, {datetime}, {zone})"),
    **_each("formatDateTime", "@({time}, {format})", "@({datetime}, {format}, {zone})"),
    **_each("formatDateTimeInJodaSyntax", "@({time}, {joda})"),
    **_each("toStartOfInterval", "@({time}, {step})", "@({datetime}, {step}, {zone})"),
    **_each("addDate subDate", "@({time}, {interval})"), **_each("toTimezone", "@({datetime}, {zone})"),
    **_each("toDateTime64", "@({time}, {small})", "@({datetext}, 3)", "@({time}, 3, {zone})"),
    **_each("toDateTime", "@({time})", "@({datetext}, {zone})", "@({datetext})", "@(u32)", "@({time}, {zone})"),
    **_each("toDate toDate32", "@({time})", "@({datetext})", "@({datetime}, {zone})", "@(u16)"),
    **_each("toUnixTimestamp", "@({time})", "@({datetext})"), **_each("fromUnixTimestamp", "@(u32)", "@(u32, '%Y-%m-%d')"),
    **_each("toDateTime64OrNull toDateTime64OrZero", "@({datetext}, 3)", "@(lc, 3, {zone})"),  # '-4' is a number of seconds
    **_each("toDateTimeOrNull toDateTimeOrZero toDateOrNull toDateOrZero", "@({datetext})", "@({text})"),
    # A text like '2.5' is a day of this year for ClickHouse.
    **{name: (f"{name}({{datetext}})", f"{name}(lc)") for name in FUNCTIONS if "BestEffort" in name},
    **_each("DATE", "@(u16)", "@({time})"),
    **_each("parseDateTime parseDateTimeOrNull", "@({datetext}, '%Y-%m-%d %H:%i:%S')", "@(toString(d), '%Y-%m-%d')"),
    **_each("makeDate", "@(2024, {positive}, {positive})", "@(2023, 100)"),
    **_each("toDecimal32 toDecimal64 toDecimal128", "@({number}, {small})", "@('1.25', {small})"),
    **_each("accurateCastOrNull", "@({number}, '{kind}')"), **_each("toUUID", "@(toString(uid))"),
    **_each("toWeek toYearWeek toStartOfWeek toDayOfWeek toLastDayOfWeek", "@({time})", "@({time}, {mode})"),
    **_each("toInt8 toInt16 toInt32 toInt64 toUInt8 toUInt16 toUInt32 toFloat32 toFloat64",
            "@({number})", "@({bool})", "@('12')", "@({time})"),
    # Of a negative float it is not defined.
    **_each("toUInt64", "@({int})", "@({bool})", "@('12')", "@({time})"),
    **_each("toString", "@({scalar})", "CAST({scalar} AS Nullable(String))", "CAST({scalar}, 'String')",
            "{text}::{type}", "{time}::{type}", "CAST({number} AS {kind})"),
    **_each("in", "{text} IN ({text}, {text})", "{int} NOT IN ({int}, 3)", "{time} IN ({time})", "({s}, {int}) IN (({s}, 1))",
            "{text} IN ['a', 'b']", "{int} IN (SELECT ni FROM f)", "{text} NOT IN (SELECT ns FROM f WHERE g = 2)",
            "{number} BETWEEN {number} AND {number}", "{date} BETWEEN '2024-02-01' AND '2024-05-01'"),
    **_each("dateTrunc2", "EXTRACT({extract} FROM {time})"), **_each("isNull2", "{any} IS NOT NULL", "{any} IS NULL"),
    **_each("tuple", "({scalar}, {scalar})", "tuple({any}, {int})"),
    **_each("scalarSubquery", "(SELECT max({number}) FROM f)", "{number} - (SELECT avg(f64) FROM f)"),
    **{name: (f"{name}({{time}}, {{amount}})",) for name in FUNCTIONS if re.match("add[A-Z]|subtract", name)
       and not name.endswith("Date")},
    **{name: (f"{name}({{numtext}})",) for name in FUNCTIONS if re.fullmatch(r"to\w+\d+Or(Null|Zero)", name)
       and "Date" not in name},
    **{name: (f"{name}({{time}})", f"{name}({{datetime}}, {{zone}})") for name, row in FUNCTIONS.items()
       if row.takes == ("time", "constant?")},
    **{name: (f"{name}({{datetime}})", f"{name}({{datetime}}, {{zone}})") for name, row in FUNCTIONS.items()
       if row.takes == ("datetime", "constant?")},
    **{name: (f"{name}({{int}})",) for name in FUNCTIONS if name.startswith("fromUnixTimestamp64")},
    **{name: (f"{name}(url)", f"{name}({{text}})") for name in (
        "protocol", "domain", "domainWithoutWWW", "topLevelDomain", "path", "pathFull", "queryString",
        "fragment", "queryStringAndFragment", "cutQueryString", "cutFragment")},
}  # fmt: skip

# Those whose templates leave out what is known to differ, and those that are no functions.
_AVOIDING = {
    "reverse", "toUInt64", "toJSONString", "toLowCardinality", "timezoneOf", "toString",
    "editDistanceUTF8", "accurateCastOrNull", *(name for name in _TEMPLATES if "BestEffort" in name),
    *(_TEMPLATES.keys() - FUNCTIONS.keys()),
}  # fmt: skip

# Their answers are not determined by their arguments.
_SKIPPED = {"now", "now64", "today", "yesterday", "rand", "rand32", "rand64", "randCanonical",
            "generateUUIDv4", "UTCTimestamp", "serverTimezone"}  # fmt: skip
_SKIPPED_AGGREGATES = {
    "any", "anyLast", "topK", "topKWeighted", "groupArray", "groupUniqArray", "groupArrayLast",
    "groupConcat", "argMin", "argMax",
    "uniqTheta",  # chDB does not have it
    "corrStable",  # infinite of one row there
    "quantileTDigest", "quantilesTDigest",  # an estimate there
}  # fmt: skip
_AGGREGATE_TEMPLATES: dict[str, tuple[str, ...]] = {
    **_each("argMin argMax", "@*({scalar}, id)", "@*({scalar}, (id, s))"),
    **_each("groupArray groupUniqArray", "arraySort(@*({text}))", "arraySort(@*({int}))", "length(@*({scalar}))"),
    **_each("groupArraySorted", "@*[3]({int})", "@*[5]({text})"),
    **_each("groupConcat", "length(@*[','](lc || 'x'))"),  # empty texts at the start get no separator
    **_each("min max", "@*({scalar})"), **_each("any anyLast", "length(toString(@*({int}))) > 9"),
    **_each("sumMap minMap maxMap", "@*(m)", "@*(['a', 'b'], [{int}, u8])"),
    **_each("count", "@*()", "@*({scalar})", "count(DISTINCT {scalar})", "count(DISTINCT {scalar}, {scalar})"),
    **_each("uniq uniqExact uniqCombined uniqCombined64", "@*({scalar})", "@*({scalar}, {scalar})"),
    # An estimate beyond 16 values.
    **_each("uniqHLL12", "@*(g)", "@*(lcn)", "@*(ni, b)", "@*(e)", "@*(ns)", "@*(u8)"),
    **_each("uniqUpTo", "@*[100]({scalar})"), **_each("retention", "@*({truth}, {truth})"),
    # NaN of infinite values there.
    **_each("sumKahan", "@*({int})", "@*(f64)", "@*(nf)"),
    **_each("entropy", "round(@*({scalar}), 6)"), # Negative floats weighted by unsigned integers are huge there.
    **_each("avgWeighted", "@*({int}, i8)", "@*(f64, ni)", "@*(f64, nf)", "@*(f32, {double})"),
    **_each("topK", "length(@*[50](u8))"), **_each("topKWeighted", "length(@*[50](u8, u16))"),
    **_each("quantile quantileExact quantileExactLow quantileExactHigh quantileExactInclusive "
            "quantileExactExclusive", "@*[{level}]({number})", "@*({number})", "@*[{level}]({time})"),
    **_each("quantiles quantilesExact quantilesExactLow quantilesExactHigh quantilesExactInclusive "
            "quantilesExactExclusive", "@*[{level}, 0.9]({number})", "@*[{level}]({time})"),
    # Values over 1024 are rounded there.
    **_each("quantileTiming", "@*[{level}](u8)"), **_each("quantilesTiming", "@*[{level}, 0.1](u16)"),
    # Sums of large values or of fractions differ in their last digits, which are all that is left
    # where the values are equal. Of Float32 ClickHouse calculates in 32 bits.
    **_each("varPop varSamp stddevPop stddevSamp varPopStable varSampStable stddevPopStable "
            "stddevSampStable skewPop skewSamp kurtPop kurtSamp", "round(@*({little}), 6)"),
    **_each("covarPop covarSamp covarPopStable covarSampStable corr", "round(@*({little}, {little}), 6)"),
    **_each("simpleLinearRegression", "round(@*(i8, i16).1, 6)", "round(@*(u8, i8).2, 6)"),
    **_each("quantileDeterministic", "@*[{level}]({number}, id)"),
}  # fmt: skip
_CHOICES["amount"] = ("1", "-2", "i8", "u8", "ni", "12", "5")
_CHOICES["little"] = ("i8", "u8", "ni", "b", "length(s)", "id % 7", "i16")
_CHOICES["level"] = ("0.25", "0.5", "0.9", "0.99")
_COMBINATORS = ("", "", "", "", "", "If", "If", "If", "OrNull", "OrDefault", "Distinct", "IfOrNull",
                "DistinctIf")  # fmt: skip
_WINDOWS = (
    "row_number() OVER (PARTITION BY g ORDER BY id)", "rank() OVER (ORDER BY {int})",
    "dense_rank() OVER (PARTITION BY lc ORDER BY {text} DESC)",
    "lagInFrame({scalar}) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
    "leadInFrame({scalar}, 2) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
    "lag({scalar}) OVER (PARTITION BY g ORDER BY id)", "lead({int}, 1, 0) OVER (PARTITION BY g ORDER BY id)",
    "first_value({scalar}) OVER (PARTITION BY g ORDER BY id)", "last_value({scalar}) OVER (PARTITION BY lc ORDER BY id)",
    "nth_value({scalar}, 2) OVER (PARTITION BY g ORDER BY id)", "ntile(3) OVER (PARTITION BY g ORDER BY id)",
    "sum({number}) OVER (PARTITION BY g ORDER BY id)", "avg({number}) OVER (PARTITION BY {text})",
    "count() OVER (PARTITION BY {scalar})", "count({scalar}) OVER (ORDER BY id)",
    "max({scalar}) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)",
    "min({scalar}) OVER (PARTITION BY lc)", "sumIf({int}, {truth}) OVER (PARTITION BY g ORDER BY id)",
    "sum(u8) OVER (ORDER BY u16 RANGE BETWEEN 5 PRECEDING AND CURRENT ROW)", "uniqExact({scalar}) OVER (PARTITION BY g)",
    "{number} - avg(f64) OVER (PARTITION BY g)", "countIf({truth}) OVER (PARTITION BY lc ORDER BY id)",
    "row_number() OVER (ORDER BY {time} DESC, id)", "groupArray({int}) OVER (PARTITION BY g ORDER BY id)",
    "percent_rank() OVER (ORDER BY {int})", "cume_dist() OVER (ORDER BY u16)",
)  # fmt: skip
_STATES = (
    ("countState({scalar})", "countMerge"), ("sumState({number})", "sumMerge"), ("avgState({number})", "avgMerge"),
    ("minState({scalar})", "minMerge"), ("maxState({scalar})", "maxMerge"), ("uniqState({scalar})", "uniqMerge"),
    ("uniqExactState({scalar})", "uniqExactMerge"), ("quantileState(0.5)({number})", "quantileMerge(0.5)"),
    ("quantilesState(0.5, 0.9)({number})", "quantilesMerge(0.5, 0.9)"), ("sumIfState({int}, {truth})", "sumIfMerge"),
    ("countIfState({truth})", "countIfMerge"), ("argMaxState({scalar}, id)", "argMaxMerge"),
    ("argMinState({scalar}, id)", "argMinMerge"), ("varPopState({little})", "varPopMerge"),
    ("uniqIfState({scalar}, {truth})", "uniqIfMerge"), ("avgIfState({number}, {truth})", "avgIfMerge"),
    ("sumMapState(m)", "sumMapMerge"), ("uniqCombinedState({text}, {int})", "uniqCombinedMerge"),
    ("stddevSampState({little})", "stddevSampMerge"), ("groupBitOrState(u8)", "groupBitOrMerge"),
)  # fmt: skip
_SCALARS = {"text", "int", "float", "decimal", "bool", "truth", "date", "datetime"}
# Zero as a time is near the least one, and sums of hashes do not fit 64 bits: beyond a type's
# bounds the engines differ, as is documented. Small numbers as times are near 1970 too.
# The last two are constants there, of which a result beside a dictionary is one too.
_EXTREME = re.compile(
    r"(?:Date|Time)\w*Or(?:Zero|Default)|[hH]ash|(?:MD5|SHA|CRC|crc)\w*\(|[uU]nixTime|UNIXTIME"
    r"|(?:to)?(?:Date|DATE)\w*\([iu]\d|(?:AS |::)Date|emptyArrayDate|defaultValue|makeDate|toTypeName|timezoneOf"
)
_PLACE = re.compile(r"\{([a-z]\w*)(?:\|([^{}]*))?\}")


def class_of(type_text: str, expression: str = "") -> str:
    """Return the class of a type; a UInt8 of a comparison is a truth."""
    bare = re.sub(r"^(?:LowCardinality\(|Nullable\()*", "", type_text)
    if re.match(r"U?Int(8|16|32|64)\b", bare):
        is_truth = bare.startswith("UInt8") and re.search(r"[=<>]| IN |LIKE|NOT |IS ", expression)
        return "truth" if is_truth else "int"
    for start, name in (("String", "text"), ("Float", "float"), ("Decimal", "decimal"), ("Bool", "bool"),
                        ("DateTime", "datetime"), ("Date", "date"), ("Array(String)", "texts"),
                        ("Map", "map"), ("Tuple", "tuple"), ("Nothing", "nothing")):  # fmt: skip
        if bare.startswith(start):
            return name
    if re.match(r"Array\((Nullable\()?(U?Int|Float)", bare):
        return "numbers"
    return "array" if bare.startswith("Array") else "other"


@dataclass(frozen=True)
class Query:
    """A query with a place for expressions, `{}`, and one for those of a query inside, `{inner}`."""

    template: str
    kind: str
    ordered: bool = False


class Grammar:
    """Makes random expressions and queries, of expressions that it has learnt."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        names = set(FUNCTIONS) | set(_TEMPLATES)
        self.functions = sorted(names - _SKIPPED)
        self.aggregates = sorted(set(AGGREGATES) - _SKIPPED_AGGREGATES | set(_AGGREGATE_TEMPLATES))
        self.columns: dict[str, list[str]] = {}
        self.learnt: dict[str, list[str]] = {}
        self.variables: dict[str, list[str]] = {}
        for name, type_ in COLUMNS.items():
            if name != "id":
                self.columns.setdefault(class_of(type_), []).append(name)
        self.columns.setdefault("truth", []).append("b")

    def learn(self, expression: str, type_text: str) -> None:
        """Keep an expression that chDB accepts, for use in others."""
        if len(expression) > 140 or _EXTREME.search(expression):
            return
        known = self.learnt.setdefault(class_of(type_text, expression), [])
        if len(known) < 300:
            known.append(expression)
        else:
            known[self.rng.randrange(300)] = expression

    def argument(self, kind: str) -> str:
        """Return an argument of a kind."""
        rng = self.rng
        if kind in _CHOICES:
            return self.filled(rng.choice(_CHOICES[kind]))
        if kind == "s":
            return "s"
        class_ = rng.choice(_KINDS[kind])
        inside = self.variables.get(class_, [])
        if inside and rng.random() < 0.6:
            return rng.choice(inside)
        draw = rng.random()
        learnt = self.learnt.get(class_)
        if learnt and draw < 0.45:
            return f"({rng.choice(learnt)})"
        if class_ in self.columns and draw < 0.85:
            return rng.choice(self.columns[class_])
        return rng.choice(_LITERALS[class_])

    def filled(self, template: str) -> str:
        """Return a template with arguments in its places."""

        def argument(found: re.Match[str]) -> str:
            if found[2] is None:
                return self.argument(found[1])
            before = self.variables
            self.variables = {}
            for pair in found[2].split(","):
                name, _, kind = pair.partition("=")
                self.variables.setdefault("int" if kind == "number" else kind, []).append(name)
            try:
                draw = self.rng.random()
                return (
                    self.expression()
                    if draw < 0.6 and found[1] == "any"
                    else self.argument(found[1])
                )
            finally:
                self.variables = before

        return _PLACE.sub(argument, template)

    def expression(self) -> str:
        """Return an expression of a random function or operator."""
        name = self.rng.choice(self.functions)
        if name in _TEMPLATES and (name in _AVOIDING or self.rng.random() < 0.9):
            return self.filled(self.rng.choice(_TEMPLATES[name]))
        return f"{name}({self.arguments(FUNCTIONS[name].takes)})"

    def arguments(self, takes: tuple[str, ...]) -> str:
        """Return arguments for kinds; some optional ones are left out."""
        parts: list[str] = []
        for kind in takes:
            if kind.endswith("?") and self.rng.random() < 0.5:
                break
            times = self.rng.randrange(1, 4) if kind.endswith("*") else 1
            bare = kind.rstrip("?*")
            if bare == "constant":
                bare = self.rng.choice(["unit", "zone", "small", "format"])
            if bare == "lambda":
                parts.append(self.filled("x -> {any|x=number,x=text}"))
            else:
                parts += [self.argument(bare) for _ in range(times)]
        return ", ".join(parts)

    def aggregate(self) -> str:
        """Return an aggregate of random arguments, some with combinators or inside a function."""
        rng = self.rng
        name = rng.choice(self.aggregates)
        given = _AGGREGATE_TEMPLATES.get(name)
        text = rng.choice(given) if given else f"{name}*({self.arguments(AGGREGATES[name].takes)})"
        combinator = rng.choice(_COMBINATORS)
        if "*" not in text or ("argM" in text and "Distinct" in combinator):
            combinator = ""
        text = re.sub(r"\*\[([^\]]*)\]", r"*(\1)", text, count=1)
        text = self.filled(text)
        if combinator.count("If"):
            start = text.index("*")
            end = _closing(text, start)
            inside = text[:end].rstrip()
            comma = "" if inside.endswith("(") else ", "
            text = f"{inside}{comma}{self.argument('truth')}{text[end:]}"
        text = text.replace("*", combinator, 1)
        if rng.random() < 0.15:
            text = rng.choice(["[{}, {}]", "if({} IS NULL, 'none', 'some')", "({}, count())", "isNull({})",
                               "[{}]"]).replace("{}", text)  # fmt: skip
        return text

    def window(self) -> str:
        """Return a window function."""
        return self.filled(self.rng.choice(_WINDOWS))

    def states(self) -> tuple[str, str]:
        """Return a state, and what puts states together."""
        state, merge = self.rng.choice(_STATES)
        return self.filled(state), merge

    def query(self) -> Query:
        """Return a query for expressions."""
        rng, tail = self.rng, self.tail()
        draw = rng.random()
        if draw < 0.55:
            return Query(f"SELECT id, {{}} FROM f{tail}", "expression")
        if draw < 0.62:
            key = self.key()
            order = rng.choice(["", " DESC", " DESC NULLS LAST", " NULLS FIRST"])
            return Query(
                f"SELECT id, {{}} FROM f{tail} ORDER BY {key}{order}, id LIMIT 40",
                "expression",
                ordered=True,
            )
        if draw < 0.70:
            return Query(f"SELECT id, {{}} FROM f{tail}", "window")
        if draw < 0.77:
            return Query(f"SELECT k, {{}} FROM (SELECT {self.key()} AS k, g AS k2, {{inner}} FROM f{tail} GROUP BY k, k2) GROUP BY k",
                         "states")  # fmt: skip
        if draw < 0.82:
            return Query(f"SELECT {{}} FROM f{tail}", "aggregate")
        having = rng.choice(
            ["", "", " HAVING count() > 2", " HAVING max(u8) > 3", " HAVING k IS NOT NULL"]
        )
        return Query(f"SELECT {self.key()} AS k, {{}} FROM f{tail} GROUP BY k{having}", "aggregate")

    def key(self) -> str:
        """Return an expression to group or order by."""
        return self.rng.choice(["g", "lc", "ni", "ns", "e", "lcn", "toStartOfMonth(dt)", "b",
                                *self.learnt_of("text", "int", "date", "datetime", "bool", "truth")])  # fmt: skip

    def learnt_of(self, *classes: str) -> list[str]:
        """Return a learnt expression of each class."""
        return [self.rng.choice(self.learnt[c]) for c in classes if self.learnt.get(c)]

    def tail(self) -> str:
        """Return a WHERE clause or none."""
        condition = self.rng.choice(["", "", "u8 > 2", "s != ''", "ni IS NOT NULL", "d >= '2024-03-01'",
                                     "dt < '2024-11-03 00:00:00'", "has(as, 'a')", "i32 IN (SELECT i32 FROM f WHERE g = 1)",
                                     "id > 1000", *self.learnt_of("truth", "truth", "truth", "bool")])  # fmt: skip
        return f" WHERE {condition}" if condition else ""


def _closing(text: str, start: int) -> int:
    """Return where the last brackets of the call that begins at a place close."""
    depth = 0
    for index in range(start, len(text)):
        depth += (text[index] == "(") - (text[index] == ")")
        if depth == 0 and text[index] == ")" and text[index + 1 : index + 2] != "(":
            return index
    return len(text)


def rows(count: int = 60) -> list[dict[str, object]]:
    """Return rows of the table `f`."""
    rng = random.Random(11)
    texts = [
        "abc",
        "",
        "Hello World",
        "ünïçödé",
        "b",
        "a,b,,c",
        "  pad ",
        "123",
        "-4",
        "2.5",
        "abcabc",
    ]
    ids = ["61f0c404-5cb3-11e7-907b-a6006ad3dba0", "ffffffff-ffff-4fff-bfff-ffffffffffff"]
    starts = [1_704_067_200, 1_711_846_800, 1_730_611_800, 1_709_210_096]
    out = []
    for i in range(count):
        moment = datetime(1970, 1, 1) + timedelta(
            seconds=rng.choice(starts) + rng.randrange(4_000_000)
        )
        stamp = f"{moment:%Y-%m-%d %H:%M:%S}"
        dt3 = f"{stamp}.{rng.randrange(1000):03}"
        out.append({
            "id": i, "g": i % 4, "i8": rng.randrange(-5, 6), "i16": rng.randrange(-9, 99), "i32": rng.randrange(-50, 50),
            "i64": rng.randrange(-999, 999), "u8": rng.randrange(9), "u16": rng.randrange(99), "u32": rng.randrange(99999),
            "u64": rng.randrange(9999),
            "f32": rng.choice([0.5, 1.25, -2.0, 3.75]), "f64": rng.choice([0.0, 0.1, 2.5, -7.25, 1000.125]),
            "dec": rng.choice(["1.25", "0", "-3.50", "12.01"]), "b": rng.random() < 0.5, "s": rng.choice(texts),
            "s2": rng.choice(texts), "lc": rng.choice(["red", "green", ""]), "lcn": rng.choice([None, "x", "yy", ""]),
            "d": stamp[:10], "d32": stamp[:10], "dt": stamp, "dt3": dt3, "dt6": f"{stamp}.{rng.randrange(10**6):06}",
            "dtz": stamp, "dt3z": dt3, "e": rng.choice(["red", "green", "blue"]), "uid": rng.choice(ids),
            "ni": rng.choice([None, 1, -4, 7]), "nu": rng.choice([None, 0, 3]), "nf": rng.choice([None, 0.5, 2.0]),
            "nb": rng.choice([None, True, False]), "ns": rng.choice([None, *texts]),
            "nd": rng.choice([None, stamp[:10]]), "ndt": rng.choice([None, stamp]), "ndt3": rng.choice([None, dt3]),
            "as": rng.choice([[], ["a"], ["b", "a", "b"], ["x", ""]]), "ai": rng.choice([[], [1, 2, 3], [-1], [5, 5]]),
            "an": rng.choice([[], [1, None, 3], [None], [2, 2]]), "af": rng.choice([[], [0.5, 1.5], [-2.25]]),
            "aa": rng.choice([[], [[1, 2], [3]], [[]]]),
            "m": rng.choice([{}, {"a": 1}, {"a": 2, "b": -1}]), "ms": rng.choice([{}, {"a": "x"}, {"k": "", "b": "2"}]),
            "t": [rng.choice(texts), rng.randrange(9)], "nt": {"name": rng.choice(texts), "size": rng.randrange(-9, 9)},
            "js": rng.choice(['{"a": 1, "b": "x", "c": [1, 2]}', "", "no", '{"a": "7", "d": {"e": 2.5}}', "[1]"]),
            "url": rng.choice(["https://www.example.com/a/b?x=1&y=2#f", "", "http://h:80", "/p?q"]),
        })  # fmt: skip
    return out
