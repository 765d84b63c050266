"""Makes the table of the policy: `python -m services.gateway.policy.compile`; --check compares. It calls nobody.

It reads a small part of Cedar: which role may do which groups. A statement with a condition is the door's to keep, and
has to stand here word for word, so that none can be written that nobody keeps.
"""

import argparse
import importlib.resources
import json
import re
import sys
from pathlib import Path

from bihuan.options.v1 import access_pb2

from services.gateway import contract
from services.gateway.domain.role import Role
from services.gateway.policy.table import FILE, KINDS
from services.gateway.scope import access_of

_FOLDER = Path(__file__).parent
_DOCUMENT = Path(__file__).parents[3] / "docs" / "security.md"
_BEGIN, _END = "<!-- roles: made of the policy -->", "<!-- end of roles -->"
_COMMENT = re.compile(r"//[^\n]*")
_STATEMENT = re.compile(r'@id\("([a-z-]+)"\) (.*)')
_OF_ROLE = re.compile(r'permit \( principal in Role::"([a-z]+)", action in \[ ?(.*?),? ?\], resource \)')
_GROUP = re.compile(r'Action::"([A-Z_]+)"')
_KEPT_BY_THE_DOOR = {
    # Table.hidden_from
    "granted-sight": 'permit ( principal, action in [Action::"SEE_NAME", Action::"SEE_TAX_ID", Action::"SEE_ACCOUNT"],'
    " resource ) when { principal.sees_unmasked }",
    # Scope
    "merchants": "forbid (principal, action, resource) unless { principal.merchant_ids.isEmpty() ||"
    " principal.merchant_ids.contains(resource.merchant_id) }",
}
_NAMES = {
    Role.CASHIER: "出纳",
    Role.REVIEWER: "复核",
    Role.AUDITOR: "审计",
    Role.OPERATOR: "运维",
    Role.INTEGRATOR: "接入方",
    Role.ADMIN: "管理员",
}


class PolicyError(Exception):
    """The policy says something that the table cannot hold; the message names the statement."""


def main() -> int:
    """Write the table and the document's part, or compare them; 1 when what is committed is stale."""
    parser = argparse.ArgumentParser(prog="services.gateway.policy.compile", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when a file is stale")
    is_check = parser.parse_args().check
    groups = groups_of(policy_text())
    made = {_FOLDER / FILE: table_text(groups)}
    if _DOCUMENT.exists():
        made[_DOCUMENT] = with_roles(_DOCUMENT.read_text("utf-8"), groups)
    stale = [path for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        if is_check:
            sys.stderr.write(
                f"{path.name} is not what the policy makes: run `python -m services.gateway.policy.compile`\n"
            )
        else:
            path.write_text(made[path], "utf-8")
    return 1 if is_check and stale else 0


def policy_text() -> str:
    """The reviewed text."""
    return importlib.resources.files(__package__).joinpath("policy.cedar").read_text("utf-8")


def groups_of(text: str) -> dict[str, set[str]]:
    """The action groups of each role. Raises PolicyError for what is neither that nor kept by the door."""
    groups: dict[str, set[str]] = {role: set() for role in Role}
    kept: set[str] = set()
    for statement in _COMMENT.sub("", text).split(";")[:-1]:
        plain = " ".join(statement.split())
        named = _STATEMENT.fullmatch(plain)
        if named is None:
            raise PolicyError(f"needs an @id: {plain}")
        name, rule = named.groups()
        if (found := _OF_ROLE.fullmatch(rule)) and found[1] in groups:
            groups[found[1]] |= _groups_in(name, found[2])
        elif _KEPT_BY_THE_DOOR.get(name) == rule:
            kept.add(name)
        else:
            raise PolicyError(f"{name}: neither a role's permit nor one of {sorted(_KEPT_BY_THE_DOOR)}: {rule}")
    if missing := sorted(_KEPT_BY_THE_DOOR.keys() - kept):
        raise PolicyError(f"the door keeps {missing}, which the policy does not say")
    return groups


def table_text(groups: dict[str, set[str]]) -> str:
    """The table as it is committed: the methods and the sights of each role, in order."""
    group_of = {one.method.full_name: group_name(access_of(one.method)) for one in contract.load().operations}
    methods = {role: sorted(name for name, group in group_of.items() if group in had) for role, had in groups.items()}
    sights = {role: sorted(had & KINDS.keys()) for role, had in groups.items()}
    return json.dumps({"methods": methods, "sights": sights}, indent=1) + "\n"


def group_name(access: access_pb2.Access) -> str:
    """What the policy calls a method's group."""
    return access_pb2.ActionGroup.Name(access.group).removeprefix("ACTION_GROUP_")


def with_roles(document: str, groups: dict[str, set[str]]) -> str:
    """A document with its table of roles made anew."""
    before, begin, rest = document.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise PolicyError(f"{_DOCUMENT.name} has no place for the roles: {_BEGIN} … {_END}")
    names = sorted(_known_groups() - {"UNSPECIFIED"}, key=lambda name: (name.startswith("SEE_"), name))
    rows = ["| | " + " | ".join(f"{role} {_NAMES[role]}" for role in Role) + " |", "|---" * (len(Role) + 1) + "|"]
    rows += [
        f"| {name} | " + " | ".join("yes" if name in groups[role] else "" for role in Role) + " |" for name in names
    ]
    return before + begin + "\n" + "\n".join(rows) + "\n" + end + after


def _groups_in(name: str, text: str) -> set[str]:
    found = set(_GROUP.findall(text))
    if unknown := sorted(found - _known_groups()):
        raise PolicyError(f"{name}: no such group: {unknown}")
    if ", ".join(f'Action::"{group}"' for group in _GROUP.findall(text)) != text:
        raise PolicyError(f"{name}: a list of groups is expected: {text}")
    return found


def _known_groups() -> set[str]:
    return {name.removeprefix("ACTION_GROUP_") for name in access_pb2.ActionGroup.keys()} | KINDS.keys()  # noqa: SIM118


if __name__ == "__main__":
    sys.exit(main())
