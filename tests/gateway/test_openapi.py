"""What the document promises beside the routes: examples that hold, refusals, both languages."""

import json

import pytest
from bihuan.type.v1 import error_reason_pb2
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass
from jsonschema import Draft202012Validator

from chassis.validation import validate
from services.gateway import chinese, contract, openapi, refusals, webhook_events
from services.gateway.requests import told_by_gateway

CONTRACT = contract.load()
DOCUMENT = openapi.document(CONTRACT)
OPERATIONS = {
    operation["operationId"]: (path, verb, operation)
    for path, verbs in DOCUMENT["paths"].items()
    for verb, operation in verbs.items()
}
BY_ID = {f"{one.method.containing_service.name}_{one.method.name}": one for one in CONTRACT.operations}


PUBLIC = {
    held.full_name: held
    for told in [
        *(way for one in CONTRACT.operations for way in (one.method.input_type, one.method.output_type)),
        *(message for message, _ in webhook_events.known_types().values()),
    ]
    for held in contract.reachable(told)
    if held.full_name.startswith("bihuan.")
}
ENUMS = [
    error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"],
    *{field.enum_type for held in PUBLIC.values() for field in held.fields if field.enum_type},
]


def _prefix(enum) -> str:
    return "ERROR_REASON_" if enum.name == "ErrorReason" else ""


def _faults(schema: dict, value: object) -> list[str]:
    inside = {**schema, "components": DOCUMENT["components"]}
    checker = Draft202012Validator(inside, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{fault.json_path}: {fault.message}" for fault in checker.iter_errors(value)]


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_example_fits_its_schema(name):
    operation = OPERATIONS[name][2]
    contents = [operation.get("requestBody", {}), operation["responses"]["200"]]
    shown = [one["content"]["application/json"] for one in contents if "application/json" in one.get("content", {})]

    assert shown
    for one in shown:
        assert _faults(one["schema"], one["example"]) == [], one["example"]
    for parameter in operation["parameters"]:
        if "example" in parameter:
            assert _faults(parameter["schema"], parameter["example"]) == [], parameter


@pytest.mark.parametrize("name", [name for name, one in BY_ID.items() if one.body == "*"])
def test_every_request_of_the_examples_keeps_the_rules_of_the_contract(name):
    operation = BY_ID[name]
    if operation.method.client_streaming:
        pytest.skip("its body is a file")
    example = OPERATIONS[name][2]["requestBody"]["content"]["application/json"]["example"]
    message = ParseDict(example, GetMessageClass(operation.method.input_type)())
    for field in operation.method.input_type.fields:
        if field.name in {*operation.variables, "request_id"} or told_by_gateway(field):
            setattr(message, field.name, "elsewhere" if field.cpp_type == field.CPPTYPE_STRING else 1)

    validate(message)


def test_no_example_shows_what_a_caller_may_not_see():
    payment = OPERATIONS["PaymentService_GetPayment"][2]["responses"]["200"]["content"]["application/json"]["example"]

    assert payment["payment"]["payerName"] == "张**"
    assert "张三" not in json.dumps([one[2]["responses"]["200"] for one in OPERATIONS.values()], ensure_ascii=False)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_says_in_both_languages_what_it_does_and_which_problems_it_has(name):
    operation = OPERATIONS[name][2]
    statuses = {status for status in operation["responses"] if status >= "400"}

    assert operation[chinese.WORD], f"{name}: a line in services/gateway/chinese.toml is missing"
    assert statuses >= {"400", "401", "403", "404", "409", "422", "429", "500", "503", "504"}
    assert ("413" in statuses) == ("requestBody" in operation)


def test_a_reason_that_only_some_operations_have_stands_with_them():
    assert OPERATIONS["BillService_CancelBill"][2]["x-reasons"] == ["BILL_NOT_CANCELLABLE", "VERSION_MISMATCH"]


def test_services_and_reasons_have_chinese_words_and_none_is_left_over():
    words = chinese.words()

    assert {tag["name"] for tag in DOCUMENT["tags"]} == set(words["services"])
    assert {one.method.name for one in CONTRACT.operations} == set(words["methods"])
    assert set(refusals.REASONS) == set(words["reasons"])
    names = {field.name for held in PUBLIC.values() for field in held.fields}
    assert set(words["fields"]) - names == set()
    known = chinese.types()
    assert set(known["messages"]) - {name.removeprefix("bihuan.") for name in PUBLIC} == set()
    assert set(known["enums"]) == {enum.full_name.removeprefix("bihuan.") for enum in ENUMS}
    assert {(enum, value) for enum, values in known["values"].items() for value in values} <= {
        (enum.full_name.removeprefix("bihuan."), value.name) for enum in ENUMS for value in enum.values
    }


def test_every_message_field_and_value_of_the_document_has_chinese_words():
    schemas = DOCUMENT["components"]["schemas"]
    bodies = [
        one["requestBody"]["content"]["application/json"]["schema"]
        for _, _, one in OPERATIONS.values()
        if "application/json" in one.get("requestBody", {}).get("content", {})
    ]
    nameless = [name for name, one in schemas.items() if name != "Problem" and chinese.WORD not in one]
    fieldless = {
        name
        for schema in [*schemas.values(), *bodies]
        for name, field in schema.get("properties", {}).items()
        if chinese.WORD not in field
    }
    parameters = [*DOCUMENT["components"]["parameters"].values()]
    parameters += [one for _, _, operation in OPERATIONS.values() for one in operation["parameters"] if "name" in one]
    wordless = {one["name"] for one in parameters if chinese.WORD not in one}
    values = [
        f"{enum.full_name}.{value.name}"
        for enum in ENUMS
        for value in enum.values
        if not chinese.of_value(enum, value.name, CONTRACT.comments, _prefix(enum))
    ]
    headers = [name for name, one in DOCUMENT["components"]["headers"].items() if chinese.WORD not in one]

    assert (nameless, sorted(fieldless), sorted(wordless), values, headers) == ([], [], [], [], [])


def test_a_get_says_its_tag_and_a_change_of_one_thing_that_it_may_be_refused_for_it():
    found = OPERATIONS["PaymentService_GetPayment"][2]
    closed = OPERATIONS["PaymentService_ClosePayment"][2]
    made = OPERATIONS["PaymentService_RecordPayment"][2]

    assert {"200", "304", "412"} <= set(found["responses"])
    assert "etag" in found["responses"]["200"]["headers"]
    assert {"$ref": "#/components/parameters/IfNoneMatch"} in found["parameters"]
    assert {"$ref": "#/components/parameters/IfMatch"} in closed["parameters"]
    assert "412" in closed["responses"]
    assert "412" not in made["responses"]


def test_who_acts_and_what_the_path_says_stand_in_no_body():
    hold = DOCUMENT["components"]["schemas"]["invoice_sync.v1.SetHoldRequest"]["properties"]
    revoke = DOCUMENT["paths"]["/v1/apiKeys/{key_id}:revoke"]["post"]["requestBody"]["content"]["application/json"]

    assert not {"setBy", "operator", "requestId"} & set(hold)
    assert revoke["schema"]["properties"] == {}
