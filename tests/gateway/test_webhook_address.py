"""No webhook reaches our own network: not by its URL, not by its name, not by a name that leads elsewhere later."""

import asyncio
import ipaddress
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.webhook_url import Reach, RefusedUrl, Target, must_be_reachable, read_url
from services.gateway.webhook_http import WebhookHttp
from tests.support.webhook_bench import http_of, reach_of
from tests.support.webhook_receiver import NAME, http_answer, running_receiver

INTERNET = Reach()
INSIDE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",  # metadata of most clouds
    "169.254.170.2",  # of containers
    "100.100.100.200",  # of Alibaba Cloud, in CGNAT
    "100.64.0.1",
    "192.0.0.192",  # of Oracle Cloud
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",  # metadata of AWS
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::1",
    "100::1",
    "192.88.99.1",
    "3fff::1",
    "5f00::1",
    "4000::1",
]
ODD_URLS = [
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://hooks.example.com/",
    "https://",
    "https:///path",
    "//hooks.example.com/",
    "https://user@hooks.example.com/",
    "https://user:secret@hooks.example.com/",
    "https://hooks.example.com@127.0.0.1/",
    "https://127.0.0.1\\@hooks.example.com/",
    "https://hooks.example.com/#fragment",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:80/",
    "https://hooks.example.com:0/",
    "https://hooks.example.com:99999/",
    "https://hooks.example.com:44 3/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1./",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://ⓛocalhost/",
    "https://hooks.example.com/a\r\nHost: inside",
    "https://hooks..example.com/",
    "https://-hooks.example.com/",
    "https://[::1/",
    "https://[::1%25lo]/",
    "https://[v1.a]/",
    "https://" + "a" * 64 + ".com/",
    "https://" + "a." * 130 + "com/",
]


@pytest.mark.parametrize("text", INSIDE)
def test_an_address_of_no_internet_is_refused_in_a_url_and_behind_a_name(text):
    url = f"https://[{text}]/" if ":" in text else f"https://{text}/"

    with pytest.raises(RefusedUrl):
        read_url(url, INTERNET)
    with pytest.raises(RefusedUrl):
        must_be_reachable([ipaddress.ip_address("8.8.8.8"), ipaddress.ip_address(text)], INTERNET)


@pytest.mark.parametrize("url", ODD_URLS)
def test_a_url_that_could_be_read_in_two_ways_is_refused(url):
    with pytest.raises(RefusedUrl):
        read_url(url, INTERNET)


@given(st.text(max_size=40), st.sampled_from(["https://", "https://h.example/", "http://", ""]))
def test_whatever_is_given_for_a_url_is_taken_or_refused_and_nothing_else(text, start):
    try:
        target = read_url(start + text, INTERNET)
    except RefusedUrl:
        return
    assert (target.scheme, target.port in INTERNET.ports) == ("https", True)
    assert target.host.isascii()


@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=6, network="::ffff:0:0/96"))
def test_no_address_of_a_network_inside_passes_however_it_is_written(address):
    with pytest.raises(RefusedUrl):
        must_be_reachable([address], INTERNET)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hooks.example.com/a?b=c", Target("https", "hooks.example.com", 443)),
        ("https://HOOKS.example.com.:8443", Target("https", "hooks.example.com", 8443)),
        ("https://8.8.8.8/", Target("https", "8.8.8.8", 443)),
        ("https://[2606:4700::1111]/", Target("https", "2606:4700::1111", 443)),
        ("https://xn--fiqs8s.example/", Target("https", "xn--fiqs8s.example", 443)),
    ],
)
def test_a_url_of_the_internet_is_taken(url, target):
    assert read_url(url, INTERNET) == target


def test_http_and_networks_inside_are_for_who_sets_them():
    reach = Reach(frozenset({80}), (ipaddress.ip_network("10.1.0.0/16"),), allows_http=True)

    assert read_url("http://10.1.2.3/", reach).port == 80
    with pytest.raises(RefusedUrl):
        read_url("http://10.2.2.3/", reach)


async def test_a_name_that_leads_inside_is_not_connected_to(tmp_path):
    async with running_receiver(tmp_path) as receiver:
        resolved = []

        async def rebinding(target):
            resolved.append(target.host)
            return [ipaddress.ip_address("127.0.0.1")]

        http = WebhookHttp(Reach(frozenset({receiver.port})), receiver.ca_file, rebinding)
        answer = await http.post(receiver.url, {}, b"{}")
        await http.close()

    assert (answer.status_code, answer.fault) == (0, "REFUSED_ADDRESS")
    assert (resolved, receiver.got) == ([NAME], [])


async def test_the_connection_goes_to_the_address_that_was_judged_and_the_name_is_asked_for_once(tmp_path):
    async with running_receiver(tmp_path) as receiver:
        answers = iter([["127.0.0.1"], ["10.0.0.1"]])

        async def changing(target):
            return [ipaddress.ip_address(text) for text in next(answers)]

        http = WebhookHttp(reach_of(receiver), receiver.ca_file, changing)
        first = await http.post(receiver.url, {}, b"{}")
        second = await http.post(receiver.url, {}, b"{}")
        await http.close()

    assert first.status_code == 204
    assert (second.status_code, second.fault) == (0, "REFUSED_ADDRESS")
    assert len(receiver.got) == 1


async def test_a_certificate_has_to_be_that_of_the_name(tmp_path):
    async with running_receiver(tmp_path, names=("other.example.com", "127.0.0.1")) as receiver:
        http = http_of(receiver)
        answer = await http.post(receiver.url, {}, b"{}")
        stranger = WebhookHttp(reach_of(receiver), "", http._resolve)
        of_nobody = await stranger.post(receiver.url, {}, b"{}")
        await http.close()
        await stranger.close()

    assert [(one.status_code, one.fault) for one in (answer, of_nobody)] == [(0, "TLS"), (0, "TLS")]
    assert receiver.got == []


async def test_the_machines_own_resolver_is_judged_too(tmp_path):
    async with running_receiver(tmp_path, names=("localhost",)) as receiver:
        url = f"https://localhost:{receiver.port}/hooks"
        closed = WebhookHttp(Reach(frozenset({receiver.port})), receiver.ca_file)
        opened = WebhookHttp(reach_of(receiver), receiver.ca_file)
        answers = [await one.post(url, {}, b"{}") for one in (closed, opened)]
        for one in (closed, opened):
            await one.close()

    assert answers[0].fault == "REFUSED_ADDRESS"
    # Where localhost is ::1 too, that is not among the networks that were allowed.
    assert (answers[1].status_code, answers[1].fault) in ((204, ""), (0, "REFUSED_ADDRESS"))


async def test_a_receiver_without_tls_gets_nothing_unless_http_is_allowed(tmp_path):
    async with running_receiver(tmp_path, tls=False) as receiver:
        receiver.answer = lambda got: http_answer(200, b"plain")
        allowed = http_of(receiver)
        plain = await allowed.post(receiver.url, {}, b"{}")
        usual = WebhookHttp(Reach(frozenset({receiver.port}), reach_of(receiver).inside), receiver.ca_file)
        refused = await usual.post(receiver.url, {}, b"{}")
        await allowed.close()
        await usual.close()

    assert (plain.status_code, plain.start) == (200, "plain")
    assert refused.fault == "REFUSED_ADDRESS"
    assert len(receiver.got) == 1


async def test_a_name_without_an_address_is_told(tmp_path):
    http = WebhookHttp(Reach())

    answer = await http.post("https://no-such-host.invalid/", {}, b"{}")
    await http.close()

    assert (answer.status_code, answer.fault) == (0, "NO_ADDRESS")


async def test_a_name_is_found_while_everything_else_that_has_threads_waits():
    """And the other way round: who answers slowly for its own name keeps nobody else waiting."""
    busy, release = ThreadPoolExecutor(1), threading.Event()
    asyncio.get_running_loop().set_default_executor(busy)
    waiting = asyncio.get_running_loop().run_in_executor(None, release.wait)
    http = WebhookHttp(Reach(ports=frozenset({1}), inside=[ipaddress.ip_network("127.0.0.0/8")], allows_http=True))

    answer = await http.post("http://localhost:1/", {}, b"{}")
    release.set()
    await waiting
    await http.close()

    assert answer.fault == "CONNECTION"
