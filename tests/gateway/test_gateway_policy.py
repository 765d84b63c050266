"""The policy: what is committed is what the reviewed text makes, and Cedar's own engine decides alike everywhere."""

import json

import cedarpy
import pytest
from bihuan.options.v1 import access_pb2

from services.gateway import contract
from services.gateway.domain.caller import Caller, CallerKind
from services.gateway.domain.role import Role
from services.gateway.policy import compile as compiler
from services.gateway.policy import table
from services.gateway.scope import access_of

METHODS = {operation.method.full_name: operation.method for operation in contract.load().operations}
TABLE = table.load()


def _caller(role: str, merchants: frozenset[str] = frozenset(), *, sees: bool = False) -> Caller:
    return Caller(
        caller_id="key_1",
        kind=CallerKind.KEY,
        roles=frozenset({role}),
        operator="key_1",
        merchant_ids=merchants,
        sees_unmasked=sees,
    )


def _entities(callers: dict[str, Caller]) -> list[dict]:
    people = [
        {
            "uid": {"type": "Caller", "id": name},
            "attrs": {"merchant_ids": sorted(one.merchant_ids), "sees_unmasked": one.sees_unmasked},
            "parents": [{"type": "Role", "id": role} for role in one.roles],
        }
        for name, one in callers.items()
    ]
    actions = [
        {
            "uid": {"type": "Action", "id": name},
            "attrs": {},
            "parents": [{"type": "Action", "id": compiler.group_name(access_of(method))}],
        }
        for name, method in METHODS.items()
    ]
    data = [
        {"uid": {"type": "Data", "id": merchant}, "attrs": {"merchant_id": merchant}, "parents": []}
        for merchant in ("", "mine", "foreign")
    ]
    return people + actions + data


def test_the_committed_table_and_document_are_what_the_policy_makes():
    groups = compiler.groups_of(compiler.policy_text())

    committed = (compiler._FOLDER / table.FILE).read_text("utf-8")
    document = compiler._DOCUMENT.read_text("utf-8")
    assert committed == compiler.table_text(groups)
    assert document == compiler.with_roles(document, groups)


def test_cedars_engine_decides_as_the_door_does_for_every_role_method_scope_and_merchant():
    callers = {
        f"{role} of {scope} {sees}": _caller(role, frozenset({"mine"}) if scope == "mine" else frozenset(), sees=sees)
        for role in [*Role, "unheard"]
        for scope in ("all", "mine")
        for sees in (False, True)
    }
    cases = [
        (name, action, merchant)
        for name in callers
        for action in [*METHODS, *table.KINDS]
        for merchant in ("", "mine", "foreign")
    ]
    asked = [
        {"principal": f'Caller::"{name}"', "action": f'Action::"{action}"', "resource": f'Data::"{merchant}"'}
        for name, action, merchant in cases
    ]

    told = cedarpy.is_authorized_batch(asked, compiler.policy_text(), _entities(callers))

    allowed = 0
    for (name, action, merchant), answer in zip(cases, told, strict=True):
        assert not answer.diagnostics.errors, (name, action, merchant, answer.diagnostics.errors)
        caller = callers[name]
        may = (
            table.KINDS[action] not in TABLE.hidden_from(caller)
            if action in table.KINDS
            else TABLE.permits(caller, action)
        )
        assert answer.allowed == (may and caller.may_see(merchant)), (name, action, merchant)
        allowed += answer.allowed
    assert 1_000 < allowed < len(cases) / 2


def test_a_method_that_nobody_wrote_into_the_policy_is_refused_for_every_role():
    for role in Role:
        assert not TABLE.permits(_caller(role), "bihuan.payments.v1.PaymentService.MethodOfTomorrow")


def test_every_public_method_says_what_it_does_and_whose_data_it_is_about():
    for name, method in METHODS.items():
        access = access_of(method)
        assert access.group != access_pb2.ACTION_GROUP_UNSPECIFIED, f"{name} has no group: nobody may call it"
        assert access.WhichOneof("scope"), f"{name} does not say whose data it is about"
        assert access.WhichOneof("scope") != "platform" or access.platform, f"{name}: platform is true or not there"
        if method.client_streaming:
            of_header = access.merchant_field.startswith("header.")
            assert access.platform or of_header, f"{name}: of a stream only its header is known before it is sent"


def test_the_paths_of_every_scope_are_there():
    for name, method in METHODS.items():
        access = access_of(method)
        kind = access.WhichOneof("scope")
        held = method.output_type if kind.endswith("of_answer") else method.input_type
        if kind in ("resource", "resource_of_answer"):
            resource = getattr(access, kind)
            assert contract.field_at(held, resource.id_field), name
            assert access_of(METHODS[resource.method]).merchant_of_answer, f"{name}: {resource.method}"
        elif kind == "kept_by_gateway":
            assert contract.area_of(method.containing_service) == "gateway", f"{name}: only the gateway knows callers"
        elif kind != "platform":
            assert contract.field_at(held, getattr(access, kind)).name == "merchant_id", name


def test_what_is_answered_first_and_judged_after_changes_nothing():
    for name, method in METHODS.items():
        if access_of(method).WhichOneof("scope") in ("merchant_of_answer", "resource_of_answer"):
            level = method.GetOptions().idempotency_level
            assert level == method.GetOptions().NO_SIDE_EFFECTS, f"{name} acts before anyone looked whose it is"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('permit (principal in Role::"cashier", action in [Action::"READ"], resource);', "needs an @id"),
        ('@id("x") permit (principal, action, resource);', "neither"),
        ('@id("x") permit (principal in Role::"nobody", action in [Action::"READ"], resource);', "neither"),
        ('@id("x") permit ( principal in Role::"cashier", action in [Action::"RAED"], resource );', "no such group"),
        ('@id("x") forbid ( principal in Role::"cashier", action in [Action::"READ"], resource );', "neither"),
        ('@id("merchants") forbid (principal, action, resource) unless { true };', "neither"),
        ("", "the door keeps"),
    ],
)
def test_a_policy_that_the_table_cannot_hold_is_refused(text, word):
    with pytest.raises(compiler.PolicyError, match=word):
        compiler.groups_of(text)


def test_the_table_names_every_role_and_nothing_else():
    content = json.loads((compiler._FOLDER / table.FILE).read_text("utf-8"))

    assert set(content["methods"]) == set(content["sights"]) == set(Role)
    assert set().union(*content["methods"].values()) == set(METHODS)
