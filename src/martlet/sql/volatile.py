"""Functions whose value depends on more than their arguments: what answers of a query stand for.

The lists have every function of chDB 26.9 that it calls not deterministic (a test compares them),
and those that fill up an incomplete date from the clock.
"""

from enum import IntEnum
from functools import lru_cache

from martlet.errors import SqlError
from martlet.sql.lexer import lex


class Volatility(IntEnum):
    """How far one run of a query can stand for another over the same rows."""

    STABLE = 0
    """For any, at any time."""
    TIMELY = 1
    """For one that is asked for while it runs: it depends on the time, or on more than tables."""
    SINGLE = 2
    """For none: it depends on chance, or tells of the run itself."""


SINGLE = frozenset(
    """arraypartialshuffle arrayrandomsample arrayshuffle connection_id connectionid
    current_query_id currentqueryid datetimetouuidv7 fuzzbits fuzzquery generaterandom
    generaterandomstructure generateserialid generatesnowflakeid generateuuidv4 generateuuidv7
    initial_query_id initialqueryid query_id queryid rand rand32 rand64 randbernoulli randbinomial
    randcanonical randchisquared randconstant randexponential randfisherf randlognormal
    randnegativebinomial randnormal randomfixedstring randomprintableascii randomstring
    randomstringutf8 randpoisson randstudentt randuniform transactionid transactionlatestsnapshot
    transactionoldestsnapshot""".split()
)

TIMELY = frozenset(
    """assigncentroid curdate current_date current_timestamp dictget dictgetall dictgetchildren
    dictgetdate dictgetdateordefault dictgetdatetime dictgetdatetimeordefault dictgetdescendants
    dictgetfloat32 dictgetfloat32ordefault dictgetfloat64 dictgetfloat64ordefault dictgethierarchy
    dictgetint16 dictgetint16ordefault dictgetint32 dictgetint32ordefault dictgetint64
    dictgetint64ordefault dictgetint8 dictgetint8ordefault dictgetipv4 dictgetipv4ordefault
    dictgetipv6 dictgetipv6ordefault dictgetkeys dictgetordefault dictgetornull dictgetroot
    dictgetstring dictgetstringordefault dictgetuint16 dictgetuint16ordefault dictgetuint32
    dictgetuint32ordefault dictgetuint64 dictgetuint64ordefault dictgetuint8 dictgetuint8ordefault
    dictgetuuid dictgetuuidordefault dicthas dictisin initial_query_start_time
    initialquerystarttime joinget joingetornull localtime localtimestamp naivebayesclassifier
    naivebayesclassifierwithallprobs naivebayesclassifierwithprob now now64 nowinblock nowinblock64
    parsedatetime32besteffort parsedatetime32besteffortornull parsedatetime32besteffortorzero
    parsedatetime64besteffort parsedatetime64besteffortornull parsedatetime64besteffortorzero
    parsedatetime64besteffortus parsedatetime64besteffortusornull
    parsedatetime64besteffortusorzero parsedatetimebesteffort parsedatetimebesteffortornull
    parsedatetimebesteffortorzero parsedatetimebesteffortus parsedatetimebesteffortusornull
    parsedatetimebesteffortusorzero runningconcurrency today uptime utc_timestamp utctimestamp
    yesterday""".split()
)

# The same as long as the process runs, or of the order in which rows happen to be stored and read,
# which no answer promises.
CONSTANT = frozenset(
    """__applyfilter arrayjoin arraypartialreversesort arraypartialsort authenticateduser authuser
    blocknumber blockserializedsize blocksize buildid chdb current_database current_schemas
    current_user currentdatabase currenthandler currentprofiles currentrequesturl currentroles
    currentschemas currentuser database defaultprofiles defaultroles displayname
    dumpcolumnstructure enabledprofiles enabledroles financialnetpresentvalueextended fqdn
    fullhostname getsetting getsettingordefault hostname isconstant lowcardinalityindices
    lowcardinalitykeys obfuscatequery revision rownumberinallblocks rownumberinblock schema
    servertimezone serveruuid session_user shardcount shardnum tcpport timeseriescopytag
    timeseriescopytags timeseriesextracttag timeseriesgrouptosamplingkey timeseriesgrouptotags
    timeseriesidtogroup timeseriesidtotags timeseriesidtotagsgroup timeseriesjointags
    timeseriesremovealltagsexcept timeseriesremovetag timeseriesremovetags timeseriesreplacetag
    timeseriestagsgrouptotags timeseriestagstogroup timeseriesthrowduplicateseriesif timezone
    tocolumntypename unnest user version""".split()
)


# Longer texts, values of parameters with them, would fill the memory.
_MAX_REMEMBERED = 16 * 1024


def volatility(sql: str) -> Volatility:
    """Return how far a run of a query stands for another; a column of such a name counts too."""
    return _volatility(sql) if len(sql) > _MAX_REMEMBERED else _volatility_once(sql)


def _volatility(sql: str) -> Volatility:
    try:
        names = {lexeme.name.lower() for lexeme in lex(sql) if lexeme.name is not None}
    except SqlError:
        return Volatility.SINGLE
    if not names.isdisjoint(SINGLE):
        return Volatility.SINGLE
    return Volatility.STABLE if names.isdisjoint(TIMELY) else Volatility.TIMELY


_volatility_once = lru_cache(maxsize=2048)(_volatility)
