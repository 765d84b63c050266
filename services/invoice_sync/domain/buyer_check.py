"""What is said of a buyer, judged before anything is frozen: broken rules, risks and remarks. It looks nothing up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from email_validator import EmailNotValidError, validate_email
from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidChecksum, InvalidFormat, ValidationError

from services.invoice_sync.domain.document_rules import NAME_LENGTH_MAX, TAX_ID
from services.invoice_sync.domain.invoice import PERSON, Party

# A name this short is a person's more often than a firm's; authorities ask for the flag then.
SHORT_NAME_LENGTH_MAX = 4
EMAIL_LENGTH_MAX = 254
_USCC_LENGTH = 18
# Numbers from before 2015: of taxpayers without and with a branch, and of those who register by an identity card.
_LEGACY_LENGTHS = (15, 17, 20)
_LETTERS_OF_THE_AUTHORITY = 2


class Weight(StrEnum):
    """What a finding does: refuse, ask a second person, or only be told."""

    BROKEN = "BROKEN"
    RISK = "RISK"
    REMARK = "REMARK"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule and what it found, with the cure, in both languages. It holds no name, tax number or address."""

    weight: Weight
    rule: str
    field: str
    message: str
    message_zh: str
    cure: str
    cure_zh: str


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who is to stand on an invoice. `is_natural_person` is what the applicant says.

    `email` is where the invoice is sent when it is in the books; empty when it is not sent.
    """

    title: str = field(repr=False)
    tax_id: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    is_natural_person: bool = False

    @property
    def buyer(self) -> Party:
        """The part of it that stands on the document."""
        return Party(self.title, self.tax_id)


@dataclass(frozen=True, slots=True)
class CheckPolicy:
    """What is asked to be confirmed: amounts above `confirm_above_minor`, and numbers that fail their check digit.

    `trusted_tax_ids` are numbers that are known to be in use though they fail it. `sends_mail` is whether this service
    sends any: what would never be sent is not taken.
    """

    confirm_above_minor: int = 10_000_000
    trusted_tax_ids: frozenset[str] = frozenset()
    sends_mail: bool = True


def check_applicant(applicant: Applicant, policy: CheckPolicy) -> tuple[Finding, ...]:
    """Everything that there is to say of an applicant, the worst first."""
    found = (*_title(applicant), *_tax_id(applicant, policy), *_email(applicant.email, policy))
    return tuple(sorted(found, key=lambda each: list(Weight).index(each.weight)))


def check_amount(left_minor: int, asked_minor: int, policy: CheckPolicy) -> tuple[Finding, ...]:
    """What there is to say of an amount, in minor units, against what is left of its payment.

    `asked_minor` is what the applicant thinks it is; 0 when not told. An invoice is for all that is left.
    """
    if asked_minor > left_minor:
        return (_over(asked_minor, left_minor),)
    if asked_minor and asked_minor < left_minor:
        return (_part(left_minor),)
    return (_large(policy.confirm_above_minor),) if left_minor > policy.confirm_above_minor else ()


def _title(applicant: Applicant) -> Iterator[Finding]:
    title = applicant.title
    if not title.strip() or len(title) > NAME_LENGTH_MAX or not title.isprintable():
        yield Finding(
            Weight.BROKEN,
            "BUYER_TITLE",
            "buyer_title",
            f"the title has 1 to {NAME_LENGTH_MAX} printable characters",
            f"发票抬头须为 1 至 {NAME_LENGTH_MAX} 个可见字符",
            "give the full name as the business licence has it",
            "请填写营业执照上的全称",
        )
    elif title != PERSON.name and len(title) <= SHORT_NAME_LENGTH_MAX and not applicant.is_natural_person:
        yield Finding(
            Weight.RISK,
            "SHORT_NAME",
            "buyer_title",
            f"a title of up to {SHORT_NAME_LENGTH_MAX} characters is mostly a person's",
            f"抬头不超过 {SHORT_NAME_LENGTH_MAX} 个字，多为个人姓名",
            "say that the buyer is a natural person, or have it confirmed that it is a firm's full name",
            "请勾选自然人标识；如确为企业全称，请由第二人确认",
        )


def _tax_id(applicant: Applicant, policy: CheckPolicy) -> Iterator[Finding]:
    tax_id = applicant.tax_id
    if not tax_id:
        return
    if not TAX_ID.fullmatch(tax_id):
        yield _tax_id_form()
    elif applicant.is_natural_person:
        if not ric.is_valid(tax_id):
            yield _not_an_identity_number()
    elif applicant.title.strip() == PERSON.name:
        yield _person_with_tax_id()
    elif tax_id not in policy.trusted_tax_ids:
        yield from _firm(tax_id)


def _firm(tax_id: str) -> Iterator[Finding]:
    """A firm's number: of 18 signs it is a unified social credit code (GB 32100), else one from before it."""
    if len(tax_id) in _LEGACY_LENGTHS:
        yield _remark(
            "TAX_ID_LEGACY", f"of {len(tax_id)} signs, as before 2015", f"{len(tax_id)} 位，为 2015 年前的旧税号"
        )
    elif len(tax_id) != _USCC_LENGTH:
        yield _tax_id_risk(
            "TAX_ID_LENGTH", f"tax ids have 15, 17, 18 or 20 signs, this one has {len(tax_id)}", "位数不符"
        )
    else:
        yield from _credit_code(tax_id)


def _credit_code(tax_id: str) -> Iterator[Finding]:
    try:
        uscc.validate(tax_id)
    except InvalidChecksum:
        yield _tax_id_risk("TAX_ID_CHECK_DIGIT", "the last sign does not follow from the others", "校验位不符")
    except InvalidFormat:
        # The library refuses every letter before the region; codes that begin with one are said to be in use.
        behind = tax_id[_LETTERS_OF_THE_AUTHORITY:]
        if tax_id[:_LETTERS_OF_THE_AUTHORITY].isdigit() or not behind[:6].isdigit():
            yield _tax_id_risk("TAX_ID_SIGNS", "a sign stands where its form has none", "含有不应出现的字符")
        else:
            yield _remark("TAX_ID_LETTERS", "that begins with a letter", "以字母开头，较少见")
    except ValidationError:
        yield _tax_id_risk("TAX_ID_SIGNS", "a sign stands where its form has none", "含有不应出现的字符")


def _email(email: str, policy: CheckPolicy) -> Iterator[Finding]:
    if not email:
        return
    try:
        # By form alone: whether the domain takes mail is found out by sending.
        validate_email(email, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        yield Finding(
            Weight.BROKEN,
            "BUYER_EMAIL",
            "buyer_email",
            "this is no e-mail address",
            "电子邮箱格式不正确",
            "correct the address, or leave it out",
            "请更正邮箱地址，或留空",
        )
        return
    if not policy.sends_mail:
        yield Finding(
            Weight.BROKEN,
            "MAIL_OFF",
            "buyer_email",
            "nothing is sent by mail here: no mail relay is set",
            "未配置邮件服务器，无法发送邮件",
            "leave the address out, or have a mail relay set",
            "请留空邮箱，或配置邮件服务器",
        )


def _tax_id_form() -> Finding:
    return Finding(
        Weight.BROKEN,
        "BUYER_TAX_ID",
        "buyer_tax_id",
        "a tax id has 15 to 20 digits and capital letters",
        "税号须为 15 至 20 位数字或大写字母",
        "copy it from the business licence; a person without one leaves it out",
        "请按营业执照填写；个人无税号请留空",
    )


def _not_an_identity_number() -> Finding:
    return Finding(
        Weight.BROKEN,
        "PERSON_ID",
        "buyer_tax_id",
        "the number of a natural person is that of an identity card, and its last sign follows from the others",
        "自然人的证件号码须为有效的居民身份证号",
        "correct it or leave it out; for a firm, do not say natural person",
        "请更正或留空；企业请勿勾选自然人标识",
    )


def _person_with_tax_id() -> Finding:
    return Finding(
        Weight.BROKEN,
        "BUYER_COMPANY",
        "buyer_title",
        f"a buyer with a tax id is a firm, and its title is not {PERSON.name}",
        f"填写了税号的购买方为企业，抬头不能是“{PERSON.name}”",
        "give the firm's full name as the title, or leave the tax id out",
        "请填写企业全称，或不填税号",
    )


def _tax_id_risk(rule: str, message: str, message_zh: str) -> Finding:
    return Finding(
        Weight.RISK,
        rule,
        "buyer_tax_id",
        f"the tax id is likely mistyped: {message}",
        f"税号可能有误：{message_zh}",
        "correct it by the business licence, or have it confirmed that it stands there so",
        "请按营业执照更正；如确认无误，请由第二人确认",
    )


def _remark(rule: str, message: str, message_zh: str) -> Finding:
    return Finding(
        Weight.REMARK,
        rule,
        "buyer_tax_id",
        f"a tax id {message}",
        f"税号{message_zh}",
        "nothing need be done if the business licence has it so",
        "如与营业执照一致，无需处理",
    )


def _over(asked_minor: int, left_minor: int) -> Finding:
    return Finding(
        Weight.BROKEN,
        "AMOUNT_OVER",
        "amount",
        f"{asked_minor} minor units are more than the {left_minor} that are left of the payment",
        f"申请金额 {asked_minor} 分超过该支付单可开票金额 {left_minor} 分",
        "leave the amount out: the invoice is for what is left",
        "请不填金额，按可开票金额开具",
    )


def _part(left_minor: int) -> Finding:
    return Finding(
        Weight.BROKEN,
        "AMOUNT_PART",
        "amount",
        f"an invoice is for all that is left of the payment, {left_minor} minor units",
        f"发票金额须为该支付单的全部可开票金额 {left_minor} 分",
        "leave the amount out, or give all that is left",
        "请不填金额，或填写全部可开票金额",
    )


def _large(limit_minor: int) -> Finding:
    return Finding(
        Weight.RISK,
        "AMOUNT_LARGE",
        "amount",
        f"the amount is above {limit_minor} minor units",
        f"金额超过 {limit_minor} 分",
        "have it confirmed by a second person",
        "请由第二人确认",
    )
