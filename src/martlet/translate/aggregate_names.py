"""Other names of aggregates; those in capitals are matched in any case, as ClickHouse does."""

ALIASES: dict[str, str] = {
    "COUNT": "count", "SUM": "sum", "AVG": "avg", "MIN": "min", "MAX": "max",
    "ANY_VALUE": "any", "FIRST_VALUE": "any", "LAST_VALUE": "anyLast", "MIN_BY": "argMin",
    "MAX_BY": "argMax", "ARRAY_AGG": "groupArray", "GROUP_CONCAT": "groupConcat",
    "STRING_AGG": "groupConcat", "BIT_AND": "groupBitAnd", "BIT_OR": "groupBitOr",
    "BIT_XOR": "groupBitXor", "STD": "stddevPop", "STDDEV": "stddevSamp",
    "STDDEV_POP": "stddevPop", "STDDEV_SAMP": "stddevSamp", "VAR_POP": "varPop",
    "VAR_SAMP": "varSamp", "COVAR_POP": "covarPop", "COVAR_SAMP": "covarSamp", "CORR": "corr",
    "median": "quantile", "medianExact": "quantileExact", "medianExactLow": "quantileExactLow",
    "medianExactHigh": "quantileExactHigh", "medianTiming": "quantileTiming",
    "medianTDigest": "quantileTDigest", "medianDeterministic": "quantileDeterministic",
    "sumMappedArrays": "sumMap", "minMappedArrays": "minMap", "maxMappedArrays": "maxMap",
}  # fmt: skip


def own_name(name: str) -> str:
    """Return the name of an aggregate's row, or the name itself where it is no other one."""
    return ALIASES.get(name) or ALIASES.get(name.upper()) or name
