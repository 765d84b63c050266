"""People: a token of an issuer that is known opens, and no bent one does."""

import base64
import hmac
import json
import ssl
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from chassis.clock import ManualClock
from chassis.errors import Fault, Kind
from services.gateway import app
from services.gateway.config import Config
from services.gateway.domain.caller import Caller, CallerKind
from services.gateway.domain.person import Issuer, person, person_id
from services.gateway.issuers import read_issuers
from services.gateway.key_sets import ASK_AGAIN_SECONDS, FRESH_SECONDS, STALE_SECONDS_MAX, KeySet, Source
from services.gateway.oidc import People

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = int(NOW.timestamp())
AUDIENCE = "bihuan"


@dataclass
class Provider:
    """An OpenID provider on https: discovery and key set, with a certificate that `ca_file` vouches for."""

    url: str
    ca_file: str
    key: ECKey
    jwks: dict[str, Any] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    is_down: bool = False

    def claims(self, **changed: Any) -> dict[str, Any]:
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "li.na",
            "name": "李娜",
            "iat": AT,
            "exp": AT + 600,
            "roles": ["finance-cashier", "gym"],
            "merchants": ["m_1", "m_2"],
            "tenant": "t_1",
            "department": "cash desk 3",
        }
        return {name: value for name, value in (claims | changed).items() if value is not None}

    def token(self, header: dict[str, Any] | None = None, key: Any = None, alg: str = "ES256", **claims: Any) -> str:
        head = {"alg": alg, "kid": "k1", "typ": "JWT"} | (header or {})
        content = json.dumps(self.claims(**claims)).encode("utf-8")
        registry = jws.JWSRegistry(algorithms=["ES256", "EdDSA", "RS256", "ES384"], strict_check_header=False)
        with warnings.catch_warnings(action="ignore"):
            return jws.serialize_compact(head, content, key or self.key, registry=registry)

    def issuer(self, **changed: Any) -> Issuer:
        values: dict[str, Any] = {
            "name": "corp",
            "issuer": self.url,
            "audience": AUDIENCE,
            "algorithms": frozenset({"ES256"}),
            "roles": {"finance-cashier": "cashier", "finance-review": "reviewer", "it": "admin"},
        }
        return Issuer(**values | changed)


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    made = Provider("", str(tmp_path / "ca.pem"), ECKey.generate_key("P-256", {"kid": "k1"}))
    made.jwks = {"keys": [made.key.as_dict(private=False)]}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.requests.append(self.path)
            documents = {
                "/.well-known/openid-configuration": {"issuer": made.url, "jwks_uri": f"{made.url}/keys"},
                "/keys": made.jwks,
            }
            document = None if made.is_down else documents.get(self.path)
            self.send_response(503 if document is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    made.url = f"https://127.0.0.1:{server.server_address[1]}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join(5)


def _people(provider: Provider, keys: KeySet | None = None, **changed: Any) -> People:
    source = Source(issuer=provider.url, ca_file=provider.ca_file)
    return People({provider.issuer(**changed): keys or KeySet(source)}, ManualClock(NOW))


async def _refused(people: People, token: str) -> None:
    with pytest.raises(Fault) as raised:
        await people.identify(f"Bearer {token}")
    assert raised.value.kind is Kind.UNAUTHENTICATED, token


async def test_a_good_token_tells_who_calls_with_which_roles_and_scope(provider):
    caller = await _people(provider).identify(f"Bearer {provider.token()}")

    assert caller == Caller(
        caller_id="person:corp:li.na",
        kind=CallerKind.PERSON,
        roles=frozenset({"cashier"}),
        operator="person:corp:li.na",
        tenant_id="t_1",
        merchant_ids=frozenset({"m_1", "m_2"}),
        department="cash desk 3",
        sees_unmasked=False,
        display="李娜",
    )


def _unsigned(provider: Provider, alg: str, **claims: Any) -> str:
    head = _b64(json.dumps({"alg": alg, "kid": "k1", "typ": "JWT"}).encode())
    return f"{head}.{_b64(json.dumps(provider.claims(**claims)).encode())}"


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


async def test_no_algorithm_but_the_issuers_own_opens(provider):
    people = _people(provider)
    await _refused(people, _unsigned(provider, "none") + ".")
    await _refused(people, _unsigned(provider, "none") + ".AAAA")
    await _refused(people, _unsigned(provider, "None") + ".AAAA")
    public = provider.key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for secret in (public, json.dumps(provider.key.as_dict(private=False)).encode()):
        signed = _unsigned(provider, "HS256")
        code = hmac.digest(secret, signed.encode("ascii"), "sha256")
        await _refused(people, f"{signed}.{_b64(code)}")
    await _refused(people, provider.token(key=ECKey.generate_key("P-384"), alg="ES384"))
    await _refused(people, provider.token(key=RSAKey.generate_key(2048), alg="RS256"))


async def test_a_key_of_another_kind_or_for_another_use_verifies_nothing(provider):
    rsa, eddsa, other = RSAKey.generate_key(2048), OKPKey.generate_key("Ed25519"), ECKey.generate_key("P-256")
    provider.jwks["keys"] += [
        rsa.as_dict(private=False) | {"kid": "rsa"},
        eddsa.as_dict(private=False) | {"kid": "ed"},
        other.as_dict(private=False) | {"kid": "enc", "use": "enc"},
    ]
    people = _people(provider, algorithms=frozenset({"ES256", "EdDSA"}))

    assert await people.identify(f"Bearer {provider.token({'kid': 'ed'}, eddsa, 'EdDSA')}")
    await _refused(people, provider.token({"kid": "rsa"}, rsa, "RS256"))
    await _refused(people, provider.token({"kid": "enc"}, other))
    await _refused(people, provider.token({"kid": "ed"}, provider.key))
    await _refused(people, provider.token({"kid": "k1"}, other))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another"},
        {"aud": ["another", "third"]},
        {"aud": None},
        {"aud": 7},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"iss": ["x"]},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"exp": AT - 60},
        {"exp": None},
        {"exp": "2030-01-01"},
        {"exp": True},
        {"exp": 1e300},
        {"exp": AT + 7_200},
        {"iat": None},
        {"iat": AT + 60},
        {"nbf": AT + 60},
        {"nbf": "now"},
        {"merchants": None},
        {"merchants": []},
        {"merchants": [""]},
        {"merchants": {"m_1": True}},
        {"tenant": None},
        {"roles": ["it"]},
    ],
    ids=str,
)
async def test_claims_that_are_not_right_do_not_open(provider, claims):
    await _refused(_people(provider), provider.token(**claims))


async def test_audiences_may_be_several_and_clocks_may_differ_a_little(provider):
    people = _people(provider)

    assert await people.identify(f"bearer {provider.token(aud=['x', AUDIENCE])}")
    assert await people.identify(f"Bearer {provider.token(iat=AT + 20, nbf=AT + 20)}")
    assert await people.identify(f"Bearer {provider.token(iat=AT - 600, exp=AT - 20)}")


async def test_a_token_has_one_spelling(provider):
    people = _people(provider)
    token = provider.token()
    head, claims, signature = token.split(".")
    # 64 bytes leave four bits of the last letter unused: other letters decode to the same signature.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = signature[:-1] + alphabet[alphabet.index(signature[-1]) + 1]
    assert base64.urlsafe_b64decode(twin + "==") == base64.urlsafe_b64decode(signature + "==")

    await _refused(people, f"{head}.{claims}.{twin}")
    await _refused(people, f"{head}.{claims}.{signature}==")
    await _refused(people, f"{head}.{claims}")
    await _refused(people, f"{token}.x")
    await _refused(people, f"{head}.{claims}.")
    await _refused(people, f"{head}.{_b64(b'[]')}.{signature}")
    await _refused(people, f"{head}.{_b64(b'not json')}.{signature}")
    await _refused(people, "a" * 9_000 + f".{claims}.{signature}")
    await _refused(people, token.replace(".", "\n.", 1))


async def test_what_a_token_says_about_keys_is_not_listened_to(provider):
    people = _people(provider)
    own = ECKey.generate_key("P-256")

    await _refused(people, provider.token({"jwk": own.as_dict(private=False)}, own))
    await _refused(people, provider.token({"jku": "https://evil.example/keys"}))
    await _refused(people, provider.token({"crit": ["cty"], "cty": "JWT"}))
    await _refused(people, provider.token({"b64": False, "crit": ["b64"]}))
    await _refused(people, provider.token({"typ": "dpop+jwt"}))
    await _refused(people, provider.token({"kid": ""}))
    doubled = '{"alg":"ES256","alg":"none","kid":"k1"}'
    await _refused(people, f"{_b64(doubled.encode())}.{provider.token().split('.', 1)[1]}")


async def test_a_new_key_is_found_and_unknown_ones_make_no_storm(provider):
    now = 0.0
    people = _people(provider, KeySet(Source(issuer=provider.url, ca_file=provider.ca_file), lambda: now))
    await people.identify(f"Bearer {provider.token()}")
    fresh = ECKey.generate_key("P-256")
    provider.jwks = {"keys": [fresh.as_dict(private=False) | {"kid": "k2"}]}

    for at in range(20):
        await _refused(people, provider.token({"kid": f"guess{at}"}))
    assert provider.requests.count("/keys") == 1
    now += ASK_AGAIN_SECONDS + 1
    assert await people.identify(f"Bearer {provider.token({'kid': 'k2'}, fresh)}")
    await _refused(people, provider.token())
    assert provider.requests.count("/keys") == 2


async def test_while_the_issuer_is_down_its_last_keys_go_on_for_a_bounded_time(provider):
    now = 0.0
    people = _people(provider, KeySet(Source(issuer=provider.url, ca_file=provider.ca_file), lambda: now))
    await people.identify(f"Bearer {provider.token()}")
    provider.is_down = True

    now = STALE_SECONDS_MAX - 1
    assert await people.identify(f"Bearer {provider.token()}")
    now = STALE_SECONDS_MAX + 1
    with pytest.raises(Fault) as raised:
        await people.identify(f"Bearer {provider.token()}")
    assert raised.value.kind is Kind.UNAVAILABLE
    provider.is_down = False
    now += ASK_AGAIN_SECONDS + 1
    assert await people.identify(f"Bearer {provider.token()}")


async def test_a_withdrawn_key_is_gone_when_the_keys_are_no_longer_fresh(provider):
    now = 0.0
    people = _people(provider, KeySet(Source(issuer=provider.url, ca_file=provider.ca_file), lambda: now))
    await people.identify(f"Bearer {provider.token()}")
    provider.jwks = {"keys": []}

    now = FRESH_SECONDS + 1
    await _refused(people, provider.token())


async def test_an_issuer_that_nobody_vouches_for_or_that_answers_for_another_has_no_keys(provider, tmp_path):
    stranger = trustme.CA()
    stranger.cert_pem.write_to_path(tmp_path / "stranger.pem")
    untrusted = KeySet(Source(issuer=provider.url, ca_file=str(tmp_path / "stranger.pem")))
    another = KeySet(Source(issuer=f"{provider.url}/other", ca_file=provider.ca_file))
    plain = KeySet(Source(issuer="x", jwks_url="http://192.0.2.1/keys"))

    for keys in (untrusted, another, plain):
        with pytest.raises(Fault) as raised:
            await keys.find("k1")
        assert raised.value.kind is Kind.UNAVAILABLE


async def test_keys_can_come_from_a_file(provider, tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(provider.jwks), "utf-8")
    keys = KeySet(Source(issuer=provider.url, jwks_file=str(path)))

    assert await _people(provider, keys).identify(f"Bearer {provider.token()}")
    assert provider.requests == []


async def test_a_person_with_a_token_and_with_two_keys_is_one_pair_of_eyes(
    provider, upstream, fresh_database, tmp_path
):
    (tmp_path / "issuers.toml").write_text(
        f"""
[[issuer]]
name = "corp"
issuer = "{provider.url}"
audience = "{AUDIENCE}"
algorithms = ["ES256"]
of_platform = true
ca_file = "{provider.ca_file}"
roles = {{ it = "admin", ops = "operator" }}
""",
        "utf-8",
    )
    gateway = await app.start(
        Config(
            listen="127.0.0.1:0",
            http_listen="127.0.0.1:0",
            database_url=await fresh_database("services.gateway"),
            issuers_file=str(tmp_path / "issuers.toml"),
            payments_target=f"127.0.0.1:{upstream.port}",
            reconciler_target=f"127.0.0.1:{upstream.port}",
            invoice_sync_target=f"127.0.0.1:{upstream.port}",
        )
    )
    at = int(time.time())
    token = provider.token(iat=at, exp=at + 600, roles=["it", "ops"], merchants=None, tenant=None)
    url = f"http://127.0.0.1:{gateway.outside.port}"
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:

        async def post(path: str, body: dict[str, Any], bearer: str) -> dict[str, Any]:
            headers = {"authorization": f"Bearer {bearer}", "idempotency-key": "request-0001"}
            answer = await client.post(path, json=body, headers=headers)
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            return found

        bearers = [token]
        for name in ("one", "two"):
            asked = {"displayName": name, "roles": ["operator"]}
            bearers.append((await post("/v1/apiKeys", asked, token))["token"])
        hold = {"route": "sandbox/production/11/default", "reason": "maintenance"}
        for bearer in bearers:
            await post("/v1/holds", hold, bearer)
    await gateway.outside.stop()
    await gateway.inside.stop()
    await gateway.close()

    assert len(set(bearers)) == 3
    assert {request.set_by for _, request, _ in upstream.calls} == {"person:corp:li.na"}


def test_an_id_is_readable_or_a_digest_and_never_two_peoples():
    assert person_id("corp", "li.na") == "person:corp:li.na"
    long, name = person_id("corp", "x" * 300), person_id("corp", "李娜")

    assert len({long, name, person_id("corp", "x" * 301), person_id("corp", "李 娜")}) == 4
    assert all(len(one) <= 64 and one.isascii() and one.startswith("person:corp:#") for one in (long, name))


async def test_a_person_of_the_platform_has_no_scope_where_the_issuer_is_the_platforms(provider):
    claims = provider.claims(merchants=None, tenant=None, roles=["it"])

    caller = person(provider.issuer(of_platform=True), claims, NOW)

    assert isinstance(caller, Caller)
    assert (caller.roles, caller.is_of_platform) == (frozenset({"admin"}), True)


_FILE = """
[[issuer]]
name = "corp"
issuer = "https://login.example.com"
audience = "bihuan"
algorithms = ["ES256"]
roles = { finance = "cashier" }
"""


def test_the_file_of_issuers_reads(tmp_path):
    path = tmp_path / "issuers.toml"
    path.write_text(_FILE, "utf-8")

    (issuer,) = read_issuers(str(path))

    assert (issuer.name, issuer.algorithms, issuer.of_platform) == ("corp", frozenset({"ES256"}), False)
    assert read_issuers("") == {}


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('"ES256"', '"HS256"', "algorithms"),
        ('["ES256"]', "[]", "algorithms"),
        ('"cashier"', '"boss"', "no role: boss"),
        ("https://login", "http://login", "https"),
        ('audience = "bihuan"', "", "needs audience"),
        ("audience", "audiences", "unknown: audiences"),
        ('"corp"', '"Corp Inc"', "name"),
        ("[[issuer]]", "[[issuer]", "file of issuers"),
        ("[[issuer]]", _FILE + "[[issuer]]", "two issuers"),
    ],
)
def test_a_file_of_issuers_that_is_wrong_says_where(tmp_path, old, new, word):
    path = tmp_path / "issuers.toml"
    path.write_text(_FILE.replace(old, new, 1), "utf-8")

    with pytest.raises(ValueError, match=word):
        read_issuers(str(path))


async def test_to_verify_a_token_takes_little(provider):
    people = _people(provider)
    bearer = f"Bearer {provider.token()}"
    await people.identify(bearer)

    begin = time.thread_time()
    for _ in range(50):
        await people.identify(bearer)

    assert (time.thread_time() - begin) / 50 < 0.02
