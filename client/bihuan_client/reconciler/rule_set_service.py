"""Rule set service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.paging import async_pages, pages
from bihuan_client.transport import AsyncCalls, Calls

from .rule_set import Regression, RegressionRow, RuleChange, RuleSetFault, RuleSetVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateRuleSetVersionResponse:
    """The version."""

    rule_set_version: RuleSetVersion | None = None
    """The version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRuleSetResponse:
    """What is wrong with it."""

    faults: Sequence[RuleSetFault] = ()
    """All of it, in the order of the text as far as that can be told; empty when it can be stored."""

    rule_set_id: str = ""
    """The set that it is of; empty with faults."""

    version: int = 0
    """Its version; 0 with faults."""

    content_hash: str = ""
    """Its hash; empty with faults."""

    rule_count: int = 0
    """How many rules it has; 0 with faults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRuleSetVersionResponse:
    """The version."""

    rule_set_version: RuleSetVersion | None = None
    """The version."""

    replayed: bool = False
    """True when this request had made it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffRuleSetVersionsResponse:
    """What differs."""

    base_rule_set_id: str = ""
    """The set of the version that it was held against."""

    base_version: int = 0
    """That version."""

    changes: Sequence[RuleChange] = ()
    """In the order of the new version, then what it lost, then settings of the whole set; empty when both say
    the same.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRegressionReportResponse:
    """A report, and a page of its rows."""

    regression: Regression | None = None
    """The report."""

    rows: Sequence[RegressionRow] = ()
    """Slice by slice, suite by suite, in order of side and id."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetRuleSetVersionResponse:
    """One version."""

    rule_set_version: RuleSetVersion | None = None
    """The version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRuleSetVersionsResponse:
    """A page of versions, without their texts and rules."""

    rule_set_versions: Sequence[RuleSetVersion] = ()
    """By set, the newest first."""

    next_page_token: str = ""
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireRuleSetVersionResponse:
    """The version."""

    rule_set_version: RuleSetVersion | None = None
    """The version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRegressionResponse:
    """The report as it stands."""

    regression: Regression | None = None
    """The report."""

    replayed: bool = False
    """True when this request had asked for it before."""


_ACTIVATE_RULE_SET_VERSION = Operation(
    name="activate_rule_set_version",
    verb="POST",
    template="/v1/ruleSets/{rule_set_id}/versions/{version}:activate",
    body="*",
    answer=ActivateRuleSetVersionResponse,
    variables=("rule_set_id", "version"),
    mutates=True,
)
_CHECK_RULE_SET = Operation(
    name="check_rule_set", verb="POST", template="/v1/ruleSets:check", body="*", answer=CheckRuleSetResponse
)
_CREATE_RULE_SET_VERSION = Operation(
    name="create_rule_set_version",
    verb="POST",
    template="/v1/ruleSetVersions",
    body="*",
    answer=CreateRuleSetVersionResponse,
    takes_key=True,
    mutates=True,
)
_DIFF_RULE_SET_VERSIONS = Operation(
    name="diff_rule_set_versions",
    verb="GET",
    template="/v1/ruleSets/{rule_set_id}/versions/{version}/diff",
    body="",
    answer=DiffRuleSetVersionsResponse,
    variables=("rule_set_id", "version"),
)
_GET_REGRESSION_REPORT = Operation(
    name="get_regression_report",
    verb="GET",
    template="/v1/regressions/{regression_id}",
    body="",
    answer=GetRegressionReportResponse,
    variables=("regression_id",),
)
_GET_RULE_SET_VERSION = Operation(
    name="get_rule_set_version",
    verb="GET",
    template="/v1/ruleSets/{rule_set_id}/versions/{version}",
    body="",
    answer=GetRuleSetVersionResponse,
    variables=("rule_set_id", "version"),
)
_LIST_RULE_SET_VERSIONS = Operation(
    name="list_rule_set_versions",
    verb="GET",
    template="/v1/ruleSetVersions",
    body="",
    answer=ListRuleSetVersionsResponse,
)
_RETIRE_RULE_SET_VERSION = Operation(
    name="retire_rule_set_version",
    verb="POST",
    template="/v1/ruleSets/{rule_set_id}/versions/{version}:retire",
    body="*",
    answer=RetireRuleSetVersionResponse,
    variables=("rule_set_id", "version"),
    mutates=True,
)
_START_REGRESSION = Operation(
    name="start_regression",
    verb="POST",
    template="/v1/ruleSets/{rule_set_id}/versions/{version}:regress",
    body="*",
    answer=StartRegressionResponse,
    variables=("rule_set_id", "version"),
    takes_key=True,
    mutates=True,
)


class RuleSetService(Calls):
    """Keeps the versions of rule sets, and lets a second person activate one once its report shows what it
    changes. Blocking.
    """

    def activate_rule_set_version(
        self,
        rule_set_id: str,
        version: int,
        *,
        regression_id: str,
        effective_from: str = "",
        timeout_seconds: float | None = None,
    ) -> ActivateRuleSetVersionResponse:
        """Lets a version decide from a business date on. SECOND_PERSON_REQUIRED when it is whoever made it,
        REGRESSION_REQUIRED without a report of exactly this version against the one that it replaces,
        WRONG_AUTO_POSTS when that posts what is wrong, EFFECTIVE_DATE_PASSED when a later version has the
        day. Again with the same report by the same person changes nothing.

        rule_set_id: The set.
        version: The version, a draft.
        regression_id: The report that the person has read.
        effective_from: The first business date that it decides, YYYY-MM-DD, not before the one that it says
          itself; empty for that one.
        """
        return self._transport.send(
            _ACTIVATE_RULE_SET_VERSION,
            {
                "rule_set_id": rule_set_id,
                "version": version,
                "regression_id": regression_id,
                "effective_from": effective_from,
            },
            "",
            timeout_seconds,
        )

    def check_rule_set(self, *, yaml: str, timeout_seconds: float | None = None) -> CheckRuleSetResponse:
        """Reads a rule set and tells all of its faults at once, each with rule, field and cure. It stores
        nothing.

        yaml: The rule set.
        """
        return self._transport.send(_CHECK_RULE_SET, {"yaml": yaml}, "", timeout_seconds)

    def create_rule_set_version(
        self, *, yaml: str, note: str = "", idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> CreateRuleSetVersionResponse:
        """Makes a version, which decides nothing yet. Idempotent by request_id. RULE_SET_REFUSED when it has
        faults; CheckRuleSet tells all of them.

        yaml: The rule set; its `version` has to be the next of its `id`.
        note: Why it is made.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _CREATE_RULE_SET_VERSION, {"yaml": yaml, "note": note}, idempotency_key, timeout_seconds
        )

    def diff_rule_set_versions(
        self, rule_set_id: str, version: int, *, base_version: int = 0, timeout_seconds: float | None = None
    ) -> DiffRuleSetVersionsResponse:
        """Tells rule by rule what a version says otherwise than another of its set.

        rule_set_id: The set.
        version: The version.
        base_version: The version to hold it against; 0 for the one that it replaces or replaced.
        """
        return self._transport.send(
            _DIFF_RULE_SET_VERSIONS,
            {"rule_set_id": rule_set_id, "version": version, "base_version": base_version},
            "",
            timeout_seconds,
        )

    def get_regression_report(
        self, regression_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> GetRegressionReportResponse:
        """Gets a report, and a page of the rows that end in another place.

        regression_id: Ours.
        page_size: How many rows at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _GET_REGRESSION_REPORT,
            {"regression_id": regression_id, "page_size": page_size, "page_token": page_token},
            "",
            timeout_seconds,
        )

    def get_all_regression_report(
        self, regression_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> Iterator[RegressionRow]:
        """What all pages of `get_regression_report` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        regression_id: Ours.
        page_size: How many rows at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.get_regression_report(
                regression_id=regression_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.rows

    def get_rule_set_version(
        self, rule_set_id: str, version: int, *, business_date: str = "", timeout_seconds: float | None = None
    ) -> GetRuleSetVersionResponse:
        """Gets one version with its text, its rules and its thresholds in words.

        rule_set_id: The set.
        version: The version; 0 for the one that decides the business date.
        business_date: With version 0: the day, YYYY-MM-DD; empty for today in UTC.
        """
        return self._transport.send(
            _GET_RULE_SET_VERSION,
            {"rule_set_id": rule_set_id, "version": version, "business_date": business_date},
            "",
            timeout_seconds,
        )

    def list_rule_set_versions(
        self, *, rule_set_id: str = "", page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListRuleSetVersionsResponse:
        """Lists versions, by set, the newest of each first.

        rule_set_id: Only of this set; empty for all.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return self._transport.send(
            _LIST_RULE_SET_VERSIONS,
            {"rule_set_id": rule_set_id, "page_size": page_size, "page_token": page_token},
            "",
            timeout_seconds,
        )

    def list_all_rule_set_versions(
        self, *, rule_set_id: str = "", page_size: int = 0, timeout_seconds: float | None = None
    ) -> Iterator[RuleSetVersion]:
        """What all pages of `list_rule_set_versions` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        rule_set_id: Only of this set; empty for all.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        for page in pages(
            lambda token: self.list_rule_set_versions(
                rule_set_id=rule_set_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.rule_set_versions

    def retire_rule_set_version(
        self, rule_set_id: str, version: int, *, timeout_seconds: float | None = None
    ) -> RetireRuleSetVersionResponse:
        """Lets a version decide no more: the days that it had are the version's before it, and what it decided
        stands. LAST_RULE_SET when no other would decide these days.

        rule_set_id: The set.
        version: The version.
        """
        return self._transport.send(
            _RETIRE_RULE_SET_VERSION, {"rule_set_id": rule_set_id, "version": version}, "", timeout_seconds
        )

    def start_regression(
        self, rule_set_id: str, version: int, *, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> StartRegressionResponse:
        """Asks for a report of what a version changes, which goes on after the answer; GetRegressionReport tells
        how far. Idempotent by request_id. REGRESSION_IN_PROGRESS when one of the version has not ended.

        rule_set_id: The set.
        version: The version, a draft.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return self._transport.send(
            _START_REGRESSION, {"rule_set_id": rule_set_id, "version": version}, idempotency_key, timeout_seconds
        )


class AsyncRuleSetService(AsyncCalls):
    """Keeps the versions of rule sets, and lets a second person activate one once its report shows what it
    changes. For asyncio.
    """

    async def activate_rule_set_version(
        self,
        rule_set_id: str,
        version: int,
        *,
        regression_id: str,
        effective_from: str = "",
        timeout_seconds: float | None = None,
    ) -> ActivateRuleSetVersionResponse:
        """Lets a version decide from a business date on. SECOND_PERSON_REQUIRED when it is whoever made it,
        REGRESSION_REQUIRED without a report of exactly this version against the one that it replaces,
        WRONG_AUTO_POSTS when that posts what is wrong, EFFECTIVE_DATE_PASSED when a later version has the
        day. Again with the same report by the same person changes nothing.

        rule_set_id: The set.
        version: The version, a draft.
        regression_id: The report that the person has read.
        effective_from: The first business date that it decides, YYYY-MM-DD, not before the one that it says
          itself; empty for that one.
        """
        return await self._transport.send(
            _ACTIVATE_RULE_SET_VERSION,
            {
                "rule_set_id": rule_set_id,
                "version": version,
                "regression_id": regression_id,
                "effective_from": effective_from,
            },
            "",
            timeout_seconds,
        )

    async def check_rule_set(self, *, yaml: str, timeout_seconds: float | None = None) -> CheckRuleSetResponse:
        """Reads a rule set and tells all of its faults at once, each with rule, field and cure. It stores
        nothing.

        yaml: The rule set.
        """
        return await self._transport.send(_CHECK_RULE_SET, {"yaml": yaml}, "", timeout_seconds)

    async def create_rule_set_version(
        self, *, yaml: str, note: str = "", idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> CreateRuleSetVersionResponse:
        """Makes a version, which decides nothing yet. Idempotent by request_id. RULE_SET_REFUSED when it has
        faults; CheckRuleSet tells all of them.

        yaml: The rule set; its `version` has to be the next of its `id`.
        note: Why it is made.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _CREATE_RULE_SET_VERSION, {"yaml": yaml, "note": note}, idempotency_key, timeout_seconds
        )

    async def diff_rule_set_versions(
        self, rule_set_id: str, version: int, *, base_version: int = 0, timeout_seconds: float | None = None
    ) -> DiffRuleSetVersionsResponse:
        """Tells rule by rule what a version says otherwise than another of its set.

        rule_set_id: The set.
        version: The version.
        base_version: The version to hold it against; 0 for the one that it replaces or replaced.
        """
        return await self._transport.send(
            _DIFF_RULE_SET_VERSIONS,
            {"rule_set_id": rule_set_id, "version": version, "base_version": base_version},
            "",
            timeout_seconds,
        )

    async def get_regression_report(
        self, regression_id: str, *, page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> GetRegressionReportResponse:
        """Gets a report, and a page of the rows that end in another place.

        regression_id: Ours.
        page_size: How many rows at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _GET_REGRESSION_REPORT,
            {"regression_id": regression_id, "page_size": page_size, "page_token": page_token},
            "",
            timeout_seconds,
        )

    async def get_all_regression_report(
        self, regression_id: str, *, page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[RegressionRow]:
        """What all pages of `get_regression_report` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        regression_id: Ours.
        page_size: How many rows at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.get_regression_report(
                regression_id=regression_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.rows:
                yield one

    async def get_rule_set_version(
        self, rule_set_id: str, version: int, *, business_date: str = "", timeout_seconds: float | None = None
    ) -> GetRuleSetVersionResponse:
        """Gets one version with its text, its rules and its thresholds in words.

        rule_set_id: The set.
        version: The version; 0 for the one that decides the business date.
        business_date: With version 0: the day, YYYY-MM-DD; empty for today in UTC.
        """
        return await self._transport.send(
            _GET_RULE_SET_VERSION,
            {"rule_set_id": rule_set_id, "version": version, "business_date": business_date},
            "",
            timeout_seconds,
        )

    async def list_rule_set_versions(
        self, *, rule_set_id: str = "", page_size: int = 0, page_token: str = "", timeout_seconds: float | None = None
    ) -> ListRuleSetVersionsResponse:
        """Lists versions, by set, the newest of each first.

        rule_set_id: Only of this set; empty for all.
        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        """
        return await self._transport.send(
            _LIST_RULE_SET_VERSIONS,
            {"rule_set_id": rule_set_id, "page_size": page_size, "page_token": page_token},
            "",
            timeout_seconds,
        )

    async def list_all_rule_set_versions(
        self, *, rule_set_id: str = "", page_size: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[RuleSetVersion]:
        """What all pages of `list_rule_set_versions` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        rule_set_id: Only of this set; empty for all.
        page_size: How many at most; 0 means 50, the most is 1,000.
        """
        async for page in async_pages(
            lambda token: self.list_rule_set_versions(
                rule_set_id=rule_set_id, page_size=page_size, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.rule_set_versions:
                yield one

    async def retire_rule_set_version(
        self, rule_set_id: str, version: int, *, timeout_seconds: float | None = None
    ) -> RetireRuleSetVersionResponse:
        """Lets a version decide no more: the days that it had are the version's before it, and what it decided
        stands. LAST_RULE_SET when no other would decide these days.

        rule_set_id: The set.
        version: The version.
        """
        return await self._transport.send(
            _RETIRE_RULE_SET_VERSION, {"rule_set_id": rule_set_id, "version": version}, "", timeout_seconds
        )

    async def start_regression(
        self, rule_set_id: str, version: int, *, idempotency_key: str = "", timeout_seconds: float | None = None
    ) -> StartRegressionResponse:
        """Asks for a report of what a version changes, which goes on after the answer; GetRegressionReport tells
        how far. Idempotent by request_id. REGRESSION_IN_PROGRESS when one of the version has not ended.

        rule_set_id: The set.
        version: The version, a draft.
        idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries.
        """
        return await self._transport.send(
            _START_REGRESSION, {"rule_set_id": rule_set_id, "version": version}, idempotency_key, timeout_seconds
        )
