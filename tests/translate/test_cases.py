"""Every case: the text is the one expected, and Trino's rows are ClickHouse's."""

import pytest
from tests.translate.cases import Case, read_cases, translator

from martlet.errors import MartletError

CASES = list(read_cases())


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_text(case: Case):
    translate = translator(join_use_nulls="join_use_nulls" in case.options).translate
    if case.error is not None:
        with pytest.raises(MartletError) as caught:
            translate(case.sql)
        assert caught.value.message == case.error
    else:
        assert case.trino is not None, "run python -m tests.translate.cases"
        assert translate(case.sql).sql == case.trino


RUN = [case for case in CASES if case.trino is not None and "text only" not in case.options]


PARAMETERS = [
    pytest.param(case, id=case.id, marks=[pytest.mark.proof] if "proof" in case.options else [])
    for case in RUN
]


@pytest.mark.parametrize("case", PARAMETERS)
def test_rows(case: Case, oracle):
    options = {}
    if "unordered" in case.options:
        options["ordered"] = False
    if "tolerance" in case.options:
        options["tolerance"] = float(case.options["tolerance"])
    oracle.check(case.sql, join_use_nulls="join_use_nulls" in case.options, **options)


def test_titles_are_unique():
    ids = [case.id for case in CASES]
    assert len(set(ids)) == len(ids)
