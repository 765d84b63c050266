"""Routes, OpenAPI and protos say the same."""

import re
from dataclasses import replace

import pytest
from google.api import annotations_pb2
from openapi_spec_validator import validate

from chassis.errors import Fault
from services.gateway import contract, openapi
from services.gateway.problems import HttpFault
from services.gateway.routes import Routes

CONTRACT = contract.load()
DOCUMENT = openapi.document(CONTRACT)


def _annotated() -> set[tuple[str, str, str]]:
    found = set()
    for service in CONTRACT.services:
        for method in service.methods:
            rule = method.GetOptions().Extensions[annotations_pb2.http]
            if verb := rule.WhichOneof("pattern"):
                path = re.sub(r"\{[a-z_.]*?([a-z_]+)\}", r"{\1}", getattr(rule, verb))
                found.add((verb, path, f"{service.name}_{method.name}"))
    return found


def test_the_document_is_valid_openapi():
    validate(DOCUMENT)


def test_the_document_has_each_annotated_method_once_and_no_other():
    written = [
        (verb, path, operation["operationId"])
        for path, verbs in DOCUMENT["paths"].items()
        for verb, operation in verbs.items()
    ]

    assert len(_annotated()) > 20
    assert sorted(written) == sorted(_annotated())


def test_every_annotated_method_is_reached_by_its_route():
    routes = Routes(CONTRACT.operations)
    for verb, path, name in _annotated():
        found = routes.find(verb.upper(), re.sub(r"\{[a-z_]+\}", "some-id", path))

        assert f"{found.operation.method.containing_service.name}_{found.operation.method.name}" == name


def test_methods_without_a_route_are_not_on_the_outside():
    names = {operation.method.name for operation in CONTRACT.operations}

    assert not names & {"RecordReconciliations", "StreamPaymentChanges", "GetSliceManifest"}


def test_every_operation_field_and_value_in_the_document_is_explained():
    for verbs in DOCUMENT["paths"].values():
        for operation in verbs.values():
            assert operation["summary"], operation["operationId"]
    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert schema.get("description"), name
        for field, value in schema.get("properties", {}).items():
            assert value.get("description"), f"{name}.{field}"


def test_the_rules_of_the_contract_are_limits_in_the_document():
    request = DOCUMENT["components"]["schemas"]["payments.v1.RecordPaymentRequest"]

    assert request["additionalProperties"] is False
    assert request["properties"]["merchantId"] == {
        "type": "string",
        "minLength": 1,
        "maxLength": 64,
        "pattern": "^[A-Za-z0-9_-]*$",
        "description": "The merchant that is paid.",
        "x-description-zh": "商户编号",
    }
    assert "amount" in request["required"]
    assert "requestId" not in request["required"]
    sizes = [p for p in DOCUMENT["paths"]["/v1/payments"]["get"]["parameters"] if p.get("name") == "pageSize"]
    assert (sizes[0]["schema"]["minimum"], sizes[0]["schema"]["maximum"]) == (0, 1000)


def test_an_upload_has_a_raw_body_or_a_form_and_its_header_in_the_query():
    ingest = DOCUMENT["paths"]["/v1/statements:ingest"]["post"]

    assert list(ingest["requestBody"]["content"]) == ["application/octet-stream", "multipart/form-data"]
    assert [p["name"] for p in ingest["parameters"] if p.get("in") == "query"] == [
        "fileName",
        "channel",
        "profileId",
        "resumeFromBytes",
        "fileSha256",
        "accountNo",
        "keepEqualLines",
        "vouchedBy",
        "reason",
    ]


def test_a_value_in_a_path_may_hold_any_character_when_it_is_encoded():
    found = Routes(CONTRACT.operations).find("GET", "/v1/diagnoses/NO%2F1%3A2%20%E5%8D%95")

    assert found.variables == {"reference": "NO/1:2 单"}


def test_a_verb_after_a_colon_goes_before_an_id_whichever_stands_first_in_the_contract():
    get = next(operation for operation in CONTRACT.operations if operation.template == "/v1/payments/{payment_id}")
    watch = replace(get, template="/v1/payments/{payment_id}:watch")
    fixed = replace(get, template="/v1/payments/today", method=CONTRACT.operations[0].method)

    for operations in ([get, watch, fixed], [fixed, watch, get]):
        routes = Routes(operations)
        assert routes.find("GET", "/v1/payments/pay_1:watch").operation is watch
        assert routes.find("GET", "/v1/payments/pay_1:watch").variables == {"payment_id": "pay_1"}
        assert routes.find("GET", "/v1/payments/pay_1").operation is get
        assert routes.find("GET", "/v1/payments/pay_1%3Awatch").variables == {"payment_id": "pay_1:watch"}
        assert routes.find("GET", "/v1/payments/today").operation is fixed


@pytest.mark.parametrize(
    ("verb", "path", "allow"),
    [
        ("DELETE", "/v1/payments", "GET, HEAD, POST"),
        ("POST", "/v1/merchants/m/profile", "GET, HEAD, PUT"),
        ("GET", "/v1/statements:ingest", "POST"),
    ],
)
def test_a_wrong_method_is_told_every_method_that_the_path_takes(verb, path, allow):
    with pytest.raises(HttpFault) as raised:
        Routes(CONTRACT.operations).find(verb, path)

    assert (raised.value.status, raised.value.headers["allow"]) == (405, allow)


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/payments/", "/v1/payments/a/b", "/v2/payments", "/v1/payments/%ff"])
def test_a_path_that_no_method_has_is_refused(path):
    with pytest.raises(Fault):
        Routes(CONTRACT.operations).find("GET", path)
