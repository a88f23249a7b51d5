"""Calls made from the description of the API, good and bad: no 5xx, no answer that the description does not know.

The long run against a real server is `python -m benchmarks.fuzz_http`.
"""

import collections

import hypothesis
import pytest
import schemathesis
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from benchmarks.fuzz_http import CHECKED

EXAMPLES = 10


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_described(small_app, mode):
    load_all_checks()
    checks, statuses = CHECKS.get_by_names(list(CHECKED)), collections.Counter()
    schema = schemathesis.openapi.from_asgi("/openapi.json", small_app)

    def check(operation):
        @hypothesis.settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            derandomize=True,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def call(case):
            answer = case.call(headers={"X-Zhanggui-Key": "key"})
            statuses[answer.status_code] += 1
            case.validate_response(answer, checks=checks)

        try:
            call()
        except hypothesis.errors.Unsatisfiable:
            statuses["nothing can be wrong"] += 1

    for operation in schema.get_all_operations():
        check(operation.ok())
    assert statuses.total() > EXAMPLES * 8 and 200 in statuses
