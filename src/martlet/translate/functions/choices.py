"""`transform(x, from, to, default)`: values for other values."""

from martlet.translate.comparison import comparison
from martlet.translate.convert import common_form, make
from martlet.translate.function import Function, Site
from martlet.translate.functions.operators import united
from martlet.translate.syntax import Call, Expression, Literal
from martlet.translate.typing import not_null
from martlet.translate.value import Value


def _items(site: Site, index: int) -> list[Value]:
    """Return the elements of an array that is written out."""
    expression: Expression = site.call.arguments[index]
    if isinstance(expression, Call) and expression.name == "array":
        items: list[Expression] = list(expression.arguments)
        return [site.lowering.value(item, site.scope) for item in items]
    if isinstance(expression, Literal) and isinstance(expression.value, list):
        raise site.fail("the array must be written out", index=index)
    raise site.fail("an array that is written out is expected: ['a', 'b']", index=index)


def _transform(site: Site) -> Value:
    """Lower to CASE: the first match counts, NULL and what is not there have the default."""
    value = site.arguments[0]
    keys, values = _items(site, 1), _items(site, 2)
    if len(keys) != len(values) or not keys:
        raise site.fail("the arrays must be of one size", index=2)
    if any(key.is_nullable or key.form == "unknown" for key in keys):
        raise site.fail("NULL is not supported among the keys", index=1)
    default = site.arguments[3] if len(site.arguments) > 3 else value
    results = united(site, [*values, default])
    shown = value.retyped(not_null(value.type)) if value.literal is None else value
    tests = [comparison(site, "equals", shown, key).sql for key in keys]
    cases = " ".join(
        f"WHEN {test} THEN {made.sql}" for test, made in zip(tests, results, strict=False)
    )
    form = common_form([made.form for made in results])
    other = "" if results[-1].form == "unknown" else f" ELSE {results[-1].sql}"
    return make(f"CASE {cases}{other} END", results[0].type, form, of=tuple(site.arguments))


CHOICES: dict[str, Function] = {
    "transform": Function(
        ("any", "array", "array", "any?"), "UInt8", _transform, nulls="own", is_constant=False
    ),  # measured, of constants too
}

# What has no equal, with what to write instead.
REFUSED: dict[str, str] = {
    **dict.fromkeys(("nullIn", "notNullIn", "globalNullIn", "globalNotNullIn"),
                    "use IN, and OR x IS NULL"),
    **dict.fromkeys(("version", "hostName", "uptime", "currentDatabase", "currentUser",
                     "serverUUID", "getSetting", "tcpPort", "displayName", "currentQueryID",
                     "queryID", "getMacro", "buildId", "connectionId"),
                    "there is no ClickHouse server on Athena"),
    **dict.fromkeys(("rowNumberInAllBlocks", "rowNumberInBlock", "blockNumber", "blockSize"),
                    "use row_number() OVER (ORDER BY ...)"),
    **dict.fromkeys(("sleep", "sleepEachRow", "throwIf"), "it has no value of its own"),
    **dict.fromkeys(("generateUUIDv7", "generateSnowflakeID", "generateSerialID"),
                    "use generateUUIDv4()"),
    **dict.fromkeys(("dictGet", "dictGetOrDefault", "dictGetOrNull", "dictHas", "joinGet"),
                    "there are no dictionaries: use JOIN"),
    **dict.fromkeys(("initializeAggregation",), "states are not made outside of GROUP BY"),
    **dict.fromkeys(
        """randUniform randNormal randLogNormal randBernoulli randBinomial randExponential
        randPoisson randChiSquared randConstant randomString randomFixedString randomStringUTF8
        randomPrintableASCII fuzzBits arrayShuffle arrayRandomSample""".split(),
        "use rand or randCanonical()"),
    **dict.fromkeys(
        """geoDistance greatCircleDistance greatCircleAngle pointInPolygon pointInEllipses
        geohashEncode geohashDecode geoToH3 h3ToGeo h3ToParent h3kRing""".split(),
        "places are not supported on Athena"),
    **dict.fromkeys(
        """encrypt decrypt tryDecrypt HMAC SHA224 SHA384 SHA512_256 keccak256 RIPEMD160
        MD4""".split(), "use MD5(), SHA1(), SHA256() or SHA512()"),
    **dict.fromkeys(("convertCharset", "normalizeUTF8NFKCCasefold", "removeDiacriticsUTF8"),
                    "Athena has nothing like it"),
    **dict.fromkeys(
        """bitmapBuild bitmapToArray bitmapContains bitmapCardinality bitmapAnd bitmapOr bitmapXor
        bitmapAndCardinality bitmapOrCardinality groupBitmap groupBitmapAnd groupBitmapOr
        groupBitmapXor""".split(), "use arrays, or uniqExact()"),
    **dict.fromkeys(
        """reinterpretAsString reinterpretAsUInt8 reinterpretAsUInt16 reinterpretAsUInt32
        reinterpretAsUInt64 reinterpretAsInt32 reinterpretAsInt64 reinterpretAsFloat64 reinterpret
        byteSwap byteSize bitSlice""".split(), "the bytes of values are not held on Athena"),
    **dict.fromkeys(("netloc", "domainRFC", "portRFC", "topLevelDomainRFC"),
                    "use domain or port"),
    **dict.fromkeys(("arraySplit", "arrayReverseSplit"), "use arrayFilter() or arraySlice()"),
    **dict.fromkeys(("arrayPartialSort", "arrayPartialReverseSort"), "use arraySort()"),
    **dict.fromkeys(("arraySymmetricDifference",), "the order of its elements is not defined"),
    **dict.fromkeys(("tokens", "hasToken", "hasTokenOrNull", "hasTokenCaseInsensitive"),
                    "use splitByNonAlpha() with has, or match"),
    **dict.fromkeys(("extractKeyValuePairs",), "use splitByString() and arrayMap()"),
    **dict.fromkeys(("extractTextFromHTML", "decodeHTMLComponent", "decodeXMLComponent",
                     "encodeXMLComponent"), "use replaceRegexpAll()"),
    **dict.fromkeys(("toTime", "toTimeWithFixedDate"), "use formatDateTime(x, '%T')"),
    **dict.fromkeys(("toUTCTimestamp", "fromUTCTimestamp"),
                    "give the zone to toDateTime() or toTimezone()"),
    **dict.fromkeys(("changeYear", "changeMonth", "changeDay", "changeHour", "changeMinute",
                     "changeSecond"), "use makeDate() or toDateTime()"),
    **dict.fromkeys(("makeDateTime", "makeDateTime64", "makeDate32", "YYYYMMDDToDate",
                     "YYYYMMDDToDate32", "YYYYMMDDhhmmssToDateTime"),
                    "use makeDate(), addHours() and their like, or toDate() of a text"),
    **dict.fromkeys(
        [f"toDecimal{bits}Or{kind}" for bits in (32, 64, 128, 256)
         for kind in ("Null", "Zero", "Default")],
        "use toFloat64OrNull() and its like, then toDecimal64()"),
    **dict.fromkeys(("accurateCast", "accurateCastOrDefault"), "use accurateCastOrNull()"),
    **dict.fromkeys(("toInt128", "toInt256", "toUInt128", "toUInt256", "toDecimal256",
                     "toBFloat16"), "Athena's numbers have 64 bits, its decimals 38 digits"),
    **dict.fromkeys(("quantileExactWeighted", "quantilesExactWeighted", "quantileTDigestWeighted",
                     "quantileTimingWeighted", "quantilesTDigestWeighted"),
                    "use quantileExact() without weights"),
    "groupArrayInsertAt": "use arraySort() of groupArray() of tuples",
    **dict.fromkeys(("getSubcolumn", "flattenTuple", "tupleToNameValuePairs"),
                    "name the elements of the tuple: x.name"),
    **dict.fromkeys(("timeSlots", "tumble", "hop", "tumbleStart", "tumbleEnd"),
                    "use toStartOfInterval()"),
    **dict.fromkeys(("printf",), "use format() or concat()"),
    **dict.fromkeys(("soundex", "seriesOutliersDetectTukey", "seriesDecomposeSTL",
                     "naturalSortKey"), "Athena has nothing like it"),
    **dict.fromkeys(("groupArrayMovingSum", "groupArrayMovingAvg", "groupArraySample"),
                    "its answer depends on the order of rows: use a window function"),
    **dict.fromkeys(("studentTTest", "welchTTest", "mannWhitneyUTest", "kolmogorovSmirnovTest",
                     "cramersV", "theilsU", "contingency", "rankCorr"), "Athena has no such test"),
    **dict.fromkeys(("exponentialTimeDecayedAvg", "exponentialTimeDecayedSum",
                     "largestTriangleThreeBuckets", "stochasticLinearRegression"),
                    "Athena has nothing like it"),
}  # fmt: skip
