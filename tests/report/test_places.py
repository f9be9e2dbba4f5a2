"""What the formats share: where a check stands, what else has to be said of it, what it all comes to."""

from dataclasses import replace

import pytest

from apim_audit.core.facts.findings import Change, Observation, Standing
from apim_audit.report import RENDERERS
from apim_audit.report.places import headline, sentence_of, totals
from tests.report.hostile import HOSTILE, WAIVER
from tests.report.samples import BLOCKED, COMPLIANT, DEFAULT_ONLY, UNKNOWN, instance, location, report

DISAGREES = Observation("SqlDb", "failure", None, Standing.DISAGREES, ("management",), "Azure sees SqlDb fail")
STALE = replace(DISAGREES, standing=Standing.STALE, message="an old observation")
OBSERVED = report(instance(replace(location(BLOCKED, UNKNOWN), observed=(DISAGREES, STALE))))


@pytest.mark.parametrize("name", ["sarif", "markdown", "github", "azure-pipelines"])
def test_what_azure_itself_observes_otherwise_is_told(name: str) -> None:
    assert "Azure sees SqlDb fail" in RENDERERS[name](OBSERVED)
    assert "an old observation" not in RENDERERS[name](OBSERVED)


def test_what_azure_itself_observes_stands_beside_the_checks() -> None:
    assert 'name="observed: SqlDb" value="failure (stale)"' in RENDERERS["junit"](OBSERVED)
    lines = RENDERERS["csv"](OBSERVED).splitlines()
    assert lines[1].endswith("SqlDb: failure (disagrees); SqlDb: failure (stale)")
    assert lines[2].endswith(",")


def test_a_sentence_tells_what_a_plan_and_a_feature_have_to_do_with_it() -> None:
    assert sentence_of(BLOCKED) == BLOCKED.message
    caused = replace(BLOCKED, message="lost", change=Change.CAUSED, raised_by="a custom domain")
    assert sentence_of(caused) == "lost (the plan causes it; required by a custom domain)"
    assert sentence_of(replace(COMPLIANT, message="")) == "compliant"


def test_the_totals_count_what_counts_and_tell_the_rest_apart() -> None:
    aside = (replace(BLOCKED, waiver=WAIVER), replace(BLOCKED, known=True), replace(DEFAULT_ONLY, known=True))
    found = report(instance(location(BLOCKED, UNKNOWN, *aside)))
    assert headline(found) == "1 error, 1 undecided"
    assert totals(found) == "1 instance, 1 location, 5 checks: 1 error, 1 undecided; 1 waived; 2 known gaps"
    assert headline(report()) == "no gap"


def test_nothing_is_known_of_a_file_that_nobody_named() -> None:
    assert HOSTILE.instances[-1].locations[0].origin is None
