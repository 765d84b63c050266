"""What may be shown of a body that was sent to an authority or came from it. It stores nothing and decides for nobody.

Names, tax ids, addresses, telephones and the like are told by the name of their field, and where their form gives them
away by that, in any text. Names and tax ids are masked as the gateway masks those of a contract's fields.
"""

import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

Mask = Callable[[str], str]

VIEW_BYTES_MAX = 8 * 1024
RAW_BYTES_MAX = 1024 * 1024
_DEPTH_MAX = 16
_OPENING_LENGTH = 40
_HIDDEN = "****"
_CUT_OFF = "… (cut off)"


def masked_view(raw: bytes, names: Collection[str] = ()) -> str:
    """A body as a person may see it, in at most VIEW_BYTES_MAX bytes of UTF-8.

    JSON stays JSON unless it is cut off. Anything else, and what is longer than RAW_BYTES_MAX, is told by length,
    SHA-256 and how it begins. `names` are hidden wherever they stand: those of the document, say, when this is the
    answer to it. A name that stands in a field of this body is hidden in its other texts too.
    """
    try:
        read = json.loads(raw) if len(raw) <= RAW_BYTES_MAX else None
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict | list):
        return _told(raw, names)
    view = _View((*names, *_names_in(read, None, 0)))
    return _bounded(json.dumps(view.of(read, None, 0), ensure_ascii=False, separators=(",", ":")))


class _View:
    """How one body is shown, with the names that nothing in it may tell."""

    def __init__(self, names: Collection[str]) -> None:
        # A name of one sign would take that sign out of every text. The longest first: one may hold another.
        known = sorted({name for name in names if len(name) > 1}, key=len, reverse=True)
        self._names = re.compile("|".join(map(re.escape, known))) if known else None
        self._room = VIEW_BYTES_MAX

    def of(self, value: Any, mask: Mask | None, depth: int) -> Any:
        """The value as it is shown; `mask` is that of the field that it stands in."""
        # Nothing is worked on that no room is left to show.
        if depth > _DEPTH_MAX or self._room <= 0:
            return "…"
        self._room -= 1
        match value:
            case dict():
                return {self.text(key): self.of(part, mask_of(key) or mask, depth + 1) for key, part in value.items()}
            case list():
                return [self.of(part, mask, depth + 1) for part in value]
            case str():
                shown = mask(value) if mask else self._free(value, depth)
                self._room -= len(shown)
                return shown
            case int() | float() if not isinstance(value, bool):
                return mask(str(value)) if mask else _number(value)
        return value

    def text(self, text: str) -> str:
        """Text of no field in particular, without what its form gives away."""
        if self._names is not None:
            text = self._names.sub(_masked_by(_name), text)
        for pattern, mask in _PATTERNS:
            text = pattern.sub(_masked_by(mask), text)
        return text

    def _free(self, text: str, depth: int) -> str:
        if _looks_like_json(text):
            # Authorities like to wrap JSON in JSON.
            try:
                held = self.of(json.loads(text), None, depth + 1)
            except (ValueError, RecursionError):
                return f"({len(text)} characters)"
            return json.dumps(held, ensure_ascii=False, separators=(",", ":"))
        if _OPAQUE.fullmatch(text) and not _HEX.fullmatch(text):
            return f"({len(text)} characters)"
        return self.text(text)


def mask_of(field: str) -> Mask | None:
    """How the values of a JSON field are masked; None when only their form decides."""
    compact = re.sub(r"[\W_]", "", field.lower())
    return next((mask for mask, words, ends in _FIELDS if compact in words or compact.endswith(ends)), None)


def _names_in(value: Any, mask: Mask | None, depth: int) -> Iterator[str]:
    """The values of the fields that hold names, as deep as anything is shown."""
    if depth > _DEPTH_MAX:
        return
    match value:
        case dict():
            for key, part in value.items():
                yield from _names_in(part, mask_of(key) or mask, depth + 1)
        case list():
            for part in value:
                yield from _names_in(part, mask, depth + 1)
        case str() if mask is _name:
            yield value
        case str() if _looks_like_json(value):
            with contextlib.suppress(ValueError, RecursionError):  # then it is shown by its length alone
                yield from _names_in(json.loads(value), None, depth + 1)


def _looks_like_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def _told(raw: bytes, names: Collection[str]) -> str:
    told = f"{len(raw)} bytes, SHA-256 {hashlib.sha256(raw).hexdigest()}"
    # Far more than is shown, so that nothing is cut in two before it is masked.
    text = raw[: 16 * _OPENING_LENGTH].decode(errors="replace").lstrip("\ufeff \t\r\n")
    if not text or text[0] in '{["':
        return told  # JSON that was cut off begins with its fields
    for pattern, shown in _STRUCTURE:
        text = pattern.sub(shown, text)
    text = "".join(sign for sign in _View(names).text(text) if sign.isprintable())[:_OPENING_LENGTH]
    return _bounded(f"{told}, begins: {re.sub(r'[0-9]', '*', text)}")


def _bounded(text: str) -> str:
    # A lone surrogate is lawful in JSON and has no place in UTF-8.
    coded = text.encode(errors="replace")
    if len(coded) <= VIEW_BYTES_MAX:
        return coded.decode()
    return coded[: VIEW_BYTES_MAX - len(_CUT_OFF.encode())].decode(errors="ignore") + _CUT_OFF


def _masked_by(mask: Mask) -> Callable[[re.Match[str]], str]:
    return lambda found: mask(found[0])


def _number(value: float) -> float | str:
    # Amounts have fewer digits than the shortest tax id; what has as many is text that lost its quotes.
    text = str(value)
    return _tax_id(text) if isinstance(value, int) and len(text.lstrip("-")) >= 15 else value


def _name(text: str) -> str:
    return f"{text[0]}**" if text else ""


def _tax_id(text: str) -> str:
    # Under twelve there would be less hidden than shown.
    return f"{text[:4]}{_HIDDEN}{text[-4:]}" if len(text) >= 12 else _HIDDEN if text else ""


def _account(text: str) -> str:
    return f"{_HIDDEN}{text[-4:]}" if len(text) >= 8 else _HIDDEN if text else ""


def _all(text: str) -> str:
    return _HIDDEN if text else ""


def _long_number(text: str) -> str:
    digit_count = sum(sign.isdigit() for sign in text)
    return text if _HEX.fullmatch(text) or digit_count < 6 else _tax_id(text)


# Hashes, trace ids and our own ids: nobody's number looks like these.
_HEX = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})")
# Base64, tokens: what is within cannot be judged.
_OPAQUE = re.compile(r"[A-Za-z0-9+/=_.\r\n-]{48,}")
_PATTERNS: tuple[tuple[re.Pattern[str], Mask], ...] = (
    (re.compile(r"[\w.%+-]{1,64}@[\w.-]{1,253}"), lambda text: f"{text[0]}**@{_HIDDEN}"),
    # 15 to 20 are in use for taxpayers; longer ones hold one, or are an order's, which is known by its ends as well.
    (re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{15,}(?![0-9A-Za-z])"), _long_number),
    (re.compile(r"(?<![0-9A-Za-z])(?:\+?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}(?![0-9A-Za-z])"), _account),
    (re.compile(r"(?<![0-9A-Za-z])0[1-9][0-9]{1,2}[ -]?[0-9]{7,8}(?![0-9A-Za-z])"), _account),
)
# Of a page or a form the form is shown and not what fills it.
_STRUCTURE = (
    (re.compile(r">[^<]+"), ">…"),
    (re.compile(r"\"[^\"]*\"?|'[^']*'?"), "…"),
    (re.compile(r"=[^&\s…>]+"), "=…"),
)
# By the whole field name without its signs, or by its end. What is said in pinyin initials is of the digital invoice.
_FIELDS: tuple[tuple[Mask, frozenset[str], tuple[str, ...]], ...] = (
    (_all, frozenset({"pwd", "cookie"}), ("password", "secret", "token", "authorization", "apikey", "privatekey")),
    (
        _tax_id,
        frozenset({"uscc", "sfzh", "sfzjhm"}),
        (
            *("taxid", "taxno", "taxnum", "taxnumber", "taxpayerid", "taxpayerno", "nsrsbh", "idno", "idcard"),
            *("idnumber", "税号", "识别号", "信用代码", "证件号", "证件号码", "身份证号"),
        ),
    ),
    (_account, frozenset({"tel", "fax", "gmfdh", "xsfdh"}), ("phone", "mobile", "telephone", "电话", "手机", "手机号")),
    (_account, frozenset({"yhzh"}), ("accountno", "account", "cardno", "yhzh", "账号", "卡号")),
    (_all, frozenset({"gmfdz", "xsfdz", "addr"}), ("address", "addr", "地址", "住所")),
    (lambda text: f"{text[0]}**@{_HIDDEN}" if text else "", frozenset({"mail"}), ("email", "邮箱", "电子邮件")),
    (
        _name,
        frozenset({"buyer", "seller", "payer", "payee", "kpr", "skr", "fhr", "gfmc", "xfmc", "gmfmc", "xsfmc"}),
        (
            *("name", "title", "drawer", "reviewer", "contact"),
            *("名称", "姓名", "抬头", "开票人", "收款人", "复核人", "联系人"),
        ),
    ),
)
