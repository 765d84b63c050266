"""The file of merchant accounts: every mistake is told at once, by name, and no secret is ever in what is told."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from chassis.clock import SystemClock
from services.payments.channels.accounts import AccountFault, Accounts, read_accounts
from services.payments.channels.signing import HmacSecret, RsaSigner, RsaVerifier, read_secret

PEM, PKCS8, PLAIN = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SECRET = "5e" * 32
WECHAT = """
[accounts.water]
kind = "wechat_pay"
merchant_ids = ["m_water"]
base_url = "https://api.mch.weixin.qq.com"
notify_url = "https://pay.example.com/v1/callbacks/water"
app_id = "wxd678efh567hg6787"
mch_id = "1900000109"
serial_no = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
private_key_file = "merchant.pem"
api_v3_key_file = "api_v3.key"
[accounts.water.platform_keys]
PUB_KEY_ID_0001 = "platform.pem"
"""
HMAC = """
[accounts.city]
kind = "hmac_pay"
merchant_ids = ["*"]
base_url = "https://cashier.example.com"
notify_url = "https://pay.example.com/v1/callbacks/city"
merchant_no = "merchant_1"
secret_file = "secret.key"
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "merchant.pem").write_bytes(KEY.private_bytes(PEM, PKCS8, PLAIN))
    (tmp_path / "platform.pem").write_bytes(KEY.public_key().public_bytes(PEM, SPKI))
    (tmp_path / "api_v3.key").write_text("0123456789abcdef0123456789abcdef\n")
    (tmp_path / "secret.key").write_text(SECRET)
    return tmp_path


def read(folder: Path, told: str) -> Accounts:
    path = folder / "accounts.toml"
    path.write_text(told, "utf-8")
    return read_accounts(path, SystemClock())


def faults(folder: Path, told: str) -> str:
    with pytest.raises(AccountFault) as fault:
        read(folder, told)
    return str(fault.value)


async def test_a_merchant_has_its_own_account_and_else_the_one_for_every_merchant(folder):
    accounts = read(folder, WECHAT + HMAC)

    own, other = accounts.find("wechat_pay", "m_water"), accounts.find("wechat_pay", "m_power")
    any_merchant = accounts.find("hmac_pay", "m_power")
    await accounts.close()

    assert own is not None
    assert own is accounts.by_id("water")
    assert other is None
    assert any_merchant is accounts.by_id("city")
    assert accounts.find("alipay", "m_water") is None


def test_every_mistake_is_told_at_once_by_account_and_field(folder):
    told = (
        WECHAT.replace("merchant.pem", "gone.pem")
        .replace("1900000109", "19 00")
        .replace("kind =", "colour = 1\nkind =")
    )

    found = faults(folder, told + HMAC.replace('"merchant_1"', "7").replace("https://cashier", "ftp://cashier"))

    for words in (
        "accounts.water must have mch_id",
        f"accounts.water names in private_key_file the file {folder / 'gone.pem'}, which cannot be read",
        "accounts.water has a field colour",
        "accounts.city must have merchant_no",
        "accounts.city must have base_url",
    ):
        assert words in found


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('kind = "wechat_pay"', 'kind = "wechat"', "must have kind"),
        ('merchant_ids = ["m_water"]', "merchant_ids = []", "must have merchant_ids"),
        ("[accounts.water]", '[accounts."Water!"]', "must have an id of a-z 0-9 _"),
        ('base_url = "https://api.mch.weixin.qq.com"', "base_url = 1", "must have base_url"),
        ('base_url = "https://api', 'base_url = "https://u:p@api', "must have base_url"),
        ('PUB_KEY_ID_0001 = "platform.pem"', "", "must have platform_keys"),
        ('mch_id = "1900000109"', 'mch_id = "1900000109"\ncall_seconds = 0', "must have call_seconds"),
        ('mch_id = "1900000109"', 'mch_id = "1900000109"\nca_file = "merchant.pem"', "must hold PEM certificates"),
    ],
)
def test_a_field_that_cannot_be_is_told(folder, old, new, words):
    assert words in faults(folder, WECHAT.replace(old, new))


@pytest.mark.parametrize("told", ["", "accounts = 1", "[accounts]", "[other]\nx = 1", "no toml = ["])
def test_a_file_without_accounts_is_told(folder, told):
    assert str(folder / "accounts.toml") in faults(folder, told)


def test_two_accounts_of_one_channel_for_one_merchant_are_told(folder):
    found = faults(folder, HMAC + HMAC.replace("accounts.city", "accounts.town"))

    assert "accounts.town serves * at hmac_pay, and so does accounts.city" in found


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("merchant.pem", b"-----BEGIN PRIVATE KEY-----\nTOPSECRET\n-----END PRIVATE KEY-----\n"),
        ("merchant.pem", ec.generate_private_key(ec.SECP256R1()).private_bytes(PEM, PKCS8, PLAIN)),
        ("merchant.pem", KEY.private_bytes(PEM, PKCS8, serialization.BestAvailableEncryption(b"TOPSECRET"))),
        ("platform.pem", b"TOPSECRET"),
        ("platform.pem", ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(PEM, SPKI)),
        ("api_v3.key", b"TOPSECRET-TOPSECRET"),
        ("api_v3.key", b"TOPSECRET\nTOPSECRET-TOPSECRET-TOP"),
        ("merchant.pem", b"TOPSECRET" * 10_000),
    ],
)
def test_a_key_that_is_none_is_told_by_its_file_and_what_stands_in_it_is_not(folder, name, content):
    (folder / name).write_bytes(content)

    found = faults(folder, WECHAT)

    assert name in found
    assert "TOPSECRET" not in found


async def test_neither_keys_nor_secrets_show_in_what_is_printed(folder):
    accounts = read(folder, WECHAT + HMAC)

    shown = " ".join(
        repr(each)
        for account in (accounts.by_id("water"), accounts.by_id("city"))
        for each in (account, account.channel, *vars(account.channel).values())
    )
    await accounts.close()

    assert SECRET not in shown
    assert "0123456789abcdef" not in shown
    assert repr(KEY.private_numbers().d) not in shown


def test_a_secret_is_one_line_of_enough_bytes(tmp_path):
    path = tmp_path / "secret"
    for content in (b"", b"short", b"two\nlines-of-enough-bytes"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="one line"):
            read_secret(path)
    path.write_bytes(SECRET.encode() + b"\n")
    assert read_secret(path) == SECRET.encode()


def test_a_signature_holds_for_its_message_and_key_and_for_nothing_else(tmp_path):
    (tmp_path / "private.pem").write_bytes(KEY.private_bytes(PEM, PKCS8, PLAIN))
    (tmp_path / "public.pem").write_bytes(KEY.public_key().public_bytes(PEM, SPKI))
    signer, verifier = RsaSigner.read(tmp_path / "private.pem"), RsaVerifier.read(tmp_path / "public.pem")
    shared = HmacSecret(os.urandom(32))

    signature, code = signer.sign(b"message"), shared.sign(b"message")

    assert verifier.holds(signature, b"message")
    assert shared.holds(code, b"message")
    for wrong in (signature[:-4], "", "WECHATPAY/SIGNTEST/" + signature, "签名", signature.replace("A", "B", 1)):
        assert not verifier.holds(wrong, b"message") or wrong == signature
    for wrong in (code[:-1], "", code.upper() + "x", "签名"):
        assert not shared.holds(wrong, b"message")
    assert not verifier.holds(signature, b"massage")
