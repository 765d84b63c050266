"""Who guesses or injects is suspended for a growing time; who is guessed at is not. The administrator is told."""

import time
from datetime import UTC, datetime

import pytest
import structlog
from starlette.requests import Request

from chassis.clock import ManualClock
from chassis.errors import Kind, plain_fault
from services.gateway.address import Addresses, read_networks, suspect_of
from services.gateway.domain.suspicion import Offence, Subject, Suspects, duration_seconds, looks_injected
from services.gateway.suspension import Origin, Suspensions
from tests.support.eventually import eventually

WRONG = "0" * 64
KEY = Subject("", "key_1")


def _claim(peer, secret: str = WRONG) -> dict[str, str]:
    """The plain caller's key with another secret."""
    key_id = peer.plain.headers["authorization"].rpartition("_")[0]
    return {"authorization": f"{key_id}_{secret}"}


async def test_guesses_at_a_key_suspend_the_guesser_and_not_the_key(start_peer):
    async with start_peer(suspicion_points_max=45.0, trusted_proxies="127.0.0.0/8") as peer:
        guesser, owner = {"x-forwarded-for": "198.51.100.7"}, {"x-forwarded-for": "203.0.113.9"}
        guesses = [await peer.plain.get("/v1/system", headers=_claim(peer) | guesser) for _ in range(6)]
        right_from_there = await peer.plain.get("/v1/payments/p", headers=guesser)
        right_from_home = await peer.plain.get("/v1/payments/p", headers=owner)

    assert [answer.status_code for answer in guesses] == [401] * 5 + [403]
    assert guesses[-1].json()["reason"] == "SUSPENDED"
    assert 50 <= int(guesses[-1].headers["retry-after"]) <= 60
    assert right_from_there.status_code == 403, "whoever guessed right is not told so"
    assert right_from_home.status_code == 200


async def test_to_try_one_key_after_another_suspends_the_address_save_who_proved_a_key_there(start_peer):
    async with start_peer(suspicion_points_max=45.0) as peer:
        await peer.plain.get("/v1/payments/p")
        guesses = [
            await peer.plain.get("/v1/system", headers={"authorization": f"Bearer bhk_key_{no}_{WRONG}"})
            for no in range(6)
        ]
        without_key = await peer.plain.get("/v1/system", headers={"authorization": ""})
        proved_before = await peer.plain.get("/v1/payments/p")

    assert guesses[-1].json()["reason"] == without_key.json()["reason"] == "SUSPENDED"
    assert proved_before.status_code == 200


async def test_injection_suspends_the_key_wherever_it_is_used_until_an_admin_lifts_it(start_peer, fresh_database):
    url = await fresh_database("services.gateway")
    async with (
        start_peer(database_url=url, suspicion_points_max=45.0) as one,
        start_peer(database_url=url, suspicion_points_max=45.0) as two,
    ):
        with structlog.testing.capture_logs() as logs:
            for no in range(5):
                await one.plain.get("/v1/payments", params={"nope": f"1' OR '1'='1 {no}"})
        at_one = await one.plain.get("/v1/payments/p")
        token = {"authorization": one.plain.headers["authorization"]}

        async def suspended_at_two():
            return (await two.plain.get("/v1/payments/p", headers=token)).status_code == 403

        await eventually(suspended_at_two)
        (alert,) = (await two.admin.get("/v1/securityAlerts", params={"suspendedOnly": "true"})).json()["alerts"]
        lifted = await two.admin.post(f"/v1/securityAlerts/{alert['suspensionId']}:lift", json={"reason": "our test"})
        none_left = (await two.admin.get("/v1/securityAlerts", params={"suspendedOnly": "true"})).json()["alerts"]

        async def goes_on_at_one():
            return (await one.plain.get("/v1/payments/p")).status_code == 200

        await eventually(goes_on_at_one)
        at_two = await two.plain.get("/v1/payments/p", headers=token)

    assert at_one.status_code == 403
    assert (alert["address"], alert["offence"], alert["level"]) == ("", "INJECTION", 0)
    (told,) = [entry for entry in logs if entry["event"] == "suspended"]
    assert (told["log_level"], told["key_id"]) == ("error", alert["keyId"])
    assert lifted.json()["alert"]["liftReason"] == "our test"
    assert none_left == []
    assert at_two.status_code == 200


async def test_alerts_and_lifting_are_for_admins(start_peer):
    async with start_peer() as peer:
        looked = await peer.plain.get("/v1/securityAlerts")
        lifted = await peer.plain.post("/v1/securityAlerts/sus_1:lift", json={"reason": "please"})
        unknown = await peer.admin.post("/v1/securityAlerts/sus_1:lift", json={"reason": "please"})

    assert (looked.status_code, lifted.status_code, unknown.status_code) == (403, 403, 404)


async def test_waiting_for_one_payment_is_no_guessing_and_trying_many_is():
    suspects = Suspects(points_max=100.0)

    waiting = [suspects.offend(KEY, Offence.NOT_FOUND, 0.0, b"/v1/payments/pay_1") for _ in range(500)]
    trying = [suspects.offend(KEY, Offence.NOT_FOUND, 0.0, b"/v1/payments/%d" % no) for no in range(100)]

    assert not any(waiting)
    assert any(trying)


def test_points_fade_so_that_a_slip_now_and_then_suspends_nobody():
    suspects = Suspects(points_max=100.0)

    assert not any(suspects.offend(KEY, Offence.MALFORMED, no * 10.0) for no in range(1_000))


def test_each_suspension_is_longer_up_to_a_day_and_a_quiet_day_forgives():
    suspects, now, lengths = Suspects(points_max=10.0), 1_000.0, []
    for _ in range(8):
        made = suspects.offend(KEY, Offence.INJECTION, now)
        lengths.append(made.seconds)
        now = made.until + 1
    later = suspects.offend(KEY, Offence.INJECTION, now + 2 * 86_400)

    assert lengths[:4] == [60.0, 240.0, 960.0, 3_840.0]
    assert lengths[-1] == duration_seconds(99) == 86_400.0
    assert later.seconds == 60.0


def test_while_anybody_is_suspended_each_is_looked_for_and_at_no_other_time():
    suspects, other = Suspects(points_max=10.0), Subject("192.0.2.9", "")
    before = suspects.suspends_anyone(1_000.0)
    made = suspects.offend(KEY, Offence.INJECTION, 1_000.0)
    suspects.suspend(other, 5_000.0, 1)
    suspects.lift(KEY)

    assert made.until < 5_000.0
    assert [before, *map(suspects.suspends_anyone, (1_000.0, 4_999.0, 5_000.0))] == [False, True, True, False]
    assert suspects.suspended_seconds(other, 4_999.0) == 1.0


def test_what_is_counted_is_bounded():
    suspects = Suspects(points_max=10.0, counted_max=100)
    for no in range(1_000):
        suspects.offend(Subject(f"192.0.2.{no}", ""), Offence.MALFORMED, 0.0)

    assert len(suspects) == 100


def test_a_proxy_of_ours_is_never_suspended_for_those_behind_it():
    addresses = Addresses(read_networks("10.0.0.0/8"))
    suspensions = Suspensions(None, ManualClock(datetime(2026, 3, 1, tzinfo=UTC)), addresses, 10.0)  # type: ignore[arg-type]
    proxy, stranger = Origin("10.1.1.1", ""), Origin("192.0.2.1", "")
    for _ in range(50):
        suspensions.judge(plain_fault(Kind.UNAUTHENTICATED), proxy, "", b"/", b"/")
        suspensions.judge(plain_fault(Kind.UNAUTHENTICATED), stranger, "", b"/", b"/")

    suspensions.check(proxy)
    with pytest.raises(Exception, match="suspended for a while"):
        suspensions.check(stranger)


@pytest.mark.parametrize(
    ("peer_address", "header", "expected"),
    [
        ("192.0.2.1", "198.51.100.1", "192.0.2.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.5, 198.51.100.1, 10.2.2.2", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
    ],
)
def test_only_our_own_proxies_are_believed_where_a_request_comes_from(peer_address, header, expected):
    headers = [(b"x-forwarded-for", header.encode())] if header else []
    request = Request({"type": "http", "client": (peer_address, 1), "headers": headers})

    assert Addresses(read_networks("10.0.0.0/8")).of(request) == expected


def test_an_ipv6_customer_is_its_network():
    assert suspect_of("2001:db8:1:2:3::4") == suspect_of("2001:db8:1:2::") == "2001:db8:1:2::/64"
    assert suspect_of("192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize(
    "raw",
    [
        b"/v1/payments?x=1' OR '1'='1",
        b"/v1/payments/1 UNION SELECT secret",
        b"/v1/payments?x=1%27+or+%271%27=%271",
        b'{"a": "; DROP TABLE x"}',
        b"/v1/../../../etc/passwd",
        b'{"name": "<script>alert(1)</script>"}',
        b'{"name": "${jndi:ldap://x}"}',
    ],
)
def test_an_attack_that_breaks_a_rule_is_told_from_a_slip(raw):
    assert looks_injected(raw)


@pytest.mark.parametrize(
    "raw", [b'{"merchantId": 7}', b'{"title": "O\'Brien and Sons; selected"}', "张三; 或者".encode()]
)
def test_a_slip_is_no_attack(raw):
    assert not looks_injected(raw)


@pytest.mark.parametrize("unit", [b"/*a", b"{{a", b"' ", b"union ", b"; ", b"--\tx", b"< ", b"sleep ("])
def test_whether_something_is_an_attack_is_told_at_once_also_of_what_is_made_to_take_long(unit):
    began = time.thread_time()
    looks_injected(b"/v1/x?" + unit * (32_000 // len(unit)))

    assert time.thread_time() - began < 5
