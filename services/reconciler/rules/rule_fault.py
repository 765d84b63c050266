"""What can be wrong with a rule set, in words: where it stands, what is wrong, and the cure, in English and Chinese."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from services.reconciler.typed_yaml import Wrong, YamlFault

_KINDS_ZH = {"a text": "文本", "a whole number": "整数", "true or false": "true 或 false"}


class Words(NamedTuple):
    """A fault and its cure as templates."""

    said: str
    said_zh: str
    cure: str
    cure_zh: str


class Said(Enum):
    """Every fault that the reader of rule sets finds, beside those of YAML."""

    TOO_LONG = Words(
        "has {length} characters, {most} at most",
        "共 {length} 个字符，最多 {most} 个",
        "Shorten the conditions or remove rules.",
        "请缩短条件或删减规则。",
    )
    NOT_UTF8 = Words("is not UTF-8", "不是 UTF-8 编码", "Save the file as UTF-8.", "请以 UTF-8 保存文件。")
    SET_ID = Words(
        "id must be lower-case letters, digits and _, 32 at most, is {found!r}",
        "id 只能含小写字母、数字和 _，最多 32 个字符，实为 {found!r}",
        "Name the set `default`, or as the channel that it is for.",
        "请命名为 default 或所属渠道的名称。",
    )
    SET_VERSION = Words(
        "version must be from 1 to 1000000, is {found}",
        "version 应在 1 至 1000000 之间，实为 {found}",
        "Take the number after the last version.",
        "请取上一版本号加一。",
    )
    RULE_TWICE = Words(
        "rule {found} is there twice", "规则 {found} 重复", "Give one of them another id.", "请为其中之一另取编号。"
    )
    NO_DEFAULT_CALENDAR = Words(
        "calendars.default is missing: the calendar of every channel without its own",
        "缺少 calendars.default：未单独设置的渠道都用它",
        "Add `default: {{time_zone: Asia/Shanghai, cutoff: '00:00', close: '10:00', slack_seconds: 600}}`.",
        "请加上 `default: {{time_zone: Asia/Shanghai, cutoff: '00:00', close: '10:00', slack_seconds: 600}}`。",
    )
    TOO_MANY_RULES = Words(
        "there are {found} rules, {most} at most", "共 {found} 条规则，最多 {most} 条", "Remove rules.", "请删减规则。"
    )
    NOT_A_DATE = Words(
        "effective_from must be a date in quotes, such as '2026-01-01', is {found!r}",
        "effective_from 应为带引号的日期，如 '2026-01-01'，实为 {found!r}",
        "Write the first business date that it is for, in quotes.",
        "请写首个适用的业务日期并加引号。",
    )
    NO_CLASS = Words(
        "knows no class {found}{near}",
        "没有差异类别 {found}",
        "Take one of the classes of the glossary.",
        "请使用术语表中的差异类别。",
    )
    CAPS = Words(
        "the threshold and both caps must be above 0",
        "金额门槛与两个日上限都须大于 0",
        "Say below.minor, count_max and sum_minor_max, each 1 or more.",
        "请填写 below.minor、count_max、sum_minor_max，均不小于 1。",
    )
    CONFIRMATION = Words(
        "second_confirmation.minor must be above 0",
        "second_confirmation.minor 须大于 0",
        "Say 1 to have two people confirm everything, or leave second_confirmation out.",
        "填 1 表示全部双人确认；不需要时请删去该项。",
    )
    FIRST_RULE = Words(
        "the first rule is the one for the bulk of rows: kind pair, commit auto, many leave",
        "首条规则处理大多数记录：kind 为 pair，commit 为 auto，many 为 leave",
        "Put the rule of the channel's number and the amount first.",
        "请将“渠道流水号与金额一致”的规则放在首位。",
    )
    FIRST_RULE_CURRENCY = Words(
        "the first rule must have currency_code among its keys",
        "首条规则的 keys 须含 currency_code",
        "Add currency_code to its keys.",
        "请在其 keys 中加入 currency_code。",
    )
    RULE_ID = Words(
        "its id must be letters, digits and _, 40 at most",
        "编号只能含字母、数字和 _，最多 40 个字符",
        "Rename it, such as txn_plain; say what people read in name and name_zh.",
        "请改名，如 txn_plain；给人看的名称写在 name 与 name_zh。",
    )
    NAME_LENGTH = Words(
        "{found} has more than {most} characters",
        "{found} 超过 {most} 个字符",
        "Say it shorter.",
        "请缩短名称。",
    )
    KEY_UNKNOWN = Words(
        "{found} is no column of {table} that can be a key",
        "{found} 不是 {table} 可作匹配键的列",
        "Take a reference, an amount, a payer, a bill or a batch; the README of the rules lists them.",
        "请使用单号、金额、付款人、账单或批次等列，详见规则说明。",
    )
    KEY_SHARED = Words(
        "it has no key that tells rows apart (a reference, an amount, a bill, a batch): it would join everything",
        "没有能区分记录的键（单号、金额、账单、批次），会把所有记录连在一起",
        "Add such a key.",
        "请加入此类键。",
    )
    CONDITION = Words(
        "{where} {why}",
        "{where} 条件不可用：{why}",
        "Compare columns with columns, numbers or texts in single quotes; AND, OR, NOT, IN, BETWEEN, IS NULL, ABS, "
        "COALESCE and LENGTH are there.",
        "条件只能比较列、数字或单引号内的文本，可用 AND、OR、NOT、IN、BETWEEN、IS NULL、ABS、COALESCE、LENGTH。",
    )
    GROUP_WHERE = Words(
        "where speaks of p or of l, not of both: a group has many of each",
        "where 只能涉及 p 或 l 之一：一组内两侧都可能有多笔",
        "Keep one side, or say it with keys.",
        "请只保留一侧，或改用 keys 表达。",
    )
    ALONE = Words(
        "a row alone can be BUFFERED, EXCEPTION or IGNORED_BY_RULE",
        "单边记录只能是 BUFFERED、EXCEPTION 或 IGNORED_BY_RULE",
        "Change disposition.",
        "请修改 disposition。",
    )
    NET = Words(
        "lines that sum to nothing can be EXCEPTION or IGNORED_BY_RULE",
        "相互抵销的渠道行只能是 EXCEPTION 或 IGNORED_BY_RULE",
        "Change disposition.",
        "请修改 disposition。",
    )
    NEAR_POSTS = Words(
        "what is only near is never posted by itself: commit must be suggest",
        "相近匹配不得自动过账：commit 须为 suggest",
        "Leave commit out.",
        "请删去 commit。",
    )
    NEAR_WITHIN = Words(
        "within_seconds must be from 1 to 604800",
        "within_seconds 应在 1 至 604800 之间",
        "Say how many seconds two rows may be apart.",
        "请填写两笔最多相差的秒数。",
    )
    NEAR_MARGIN = Words(
        "margin_seconds must be from 0 to within_seconds",
        "margin_seconds 应在 0 至 within_seconds 之间",
        "Say by how many seconds the nearest must be nearer than the next.",
        "请填写最近者须比次近者近多少秒。",
    )
    NEAR_AMOUNT = Words(
        "what is only near needs amount_minor among its keys",
        "相近匹配的 keys 须含 amount_minor",
        "Add amount_minor to its keys.",
        "请在其 keys 中加入 amount_minor。",
    )
    SIMILAR = Words(
        "similar.shortest must be from 8 to 64, similar.tail from 4 to half of it",
        "similar.shortest 应在 8 至 64 之间，similar.tail 应在 4 至其一半之间",
        "Take shortest 16 and tail 5.",
        "可取 shortest 16、tail 5。",
    )
    SUM_CURRENCY = Words(
        "a sum is of one currency: currency_code must be among its keys",
        "合计须为同一币种：keys 须含 currency_code",
        "Add currency_code to its keys.",
        "请在其 keys 中加入 currency_code。",
    )
    SUM_WITHIN = Words(
        "within_seconds must be from 1 to 86400",
        "within_seconds 应在 1 至 86400 之间",
        "Say how many seconds the parts may be apart.",
        "请填写各部分最多相差的秒数。",
    )
    SUM_SIZE = Words(
        "parts_max must be from 2 to 6, pool_max from 2 to 40",
        "parts_max 应在 2 至 6 之间，pool_max 应在 2 至 40 之间",
        "Take smaller numbers: among many rows anything adds up.",
        "请取较小的数：记录一多，任何金额都能凑出。",
    )


_OF_YAML = {
    Wrong.NOT_YAML: Words(
        "{all}", "不是有效的 YAML：{0}", "Mind the indentation, and quote texts with : or #.", "请检查缩进与引号。"
    ),
    Wrong.UNKNOWN_KEY: Words("{all}", "没有字段 {where}", "Rename it{0}, or remove it.", "请改名{0}或删除。"),
    Wrong.MISSING: Words("{all}", "缺少 {where}", "Add it.", "请补上。"),
    Wrong.VALUE: Words("{all}", "{where} 应为{0}，实为 {1}", "Change it to {2}.", "请改为{0}。"),
}


@dataclass(frozen=True, slots=True)
class RuleFault:
    """One fault. `rule` is the rule's id, "" for the set itself; `field` is the key, "" for the whole rule."""

    rule: str
    field: str
    said: str
    said_zh: str
    cure: str
    cure_zh: str

    def __str__(self) -> str:
        return self.said


def fault(said: Said, field: str = "", *, rule: str = "", prefix: str = "rule", **values: Any) -> RuleFault:
    """A fault of the set, or of one rule, which its sentence then names."""
    words: Words = said.value
    of, of_zh = (f"{prefix} {rule}: ", f"规则 {rule}：") if rule else ("", "")
    return RuleFault(
        rule,
        field,
        of + words.said.format(**values),
        of_zh + words.said_zh.format(**values),
        words.cure.format(**values),
        words.cure_zh.format(**values),
    )


def of_yaml(found: YamlFault, rule_ids: Mapping[str, str]) -> RuleFault:
    """A fault that YAML has; `rule_ids` tells the id that stands at a place such as `rules[3]`."""
    words = _OF_YAML[found.wrong]
    place, dot, rest = found.where.partition(".")
    rule = rule_ids.get(place, place if place.startswith("rules[") else "")
    values, values_zh = list(found.values), [_zh(each) for each in found.values]
    if found.wrong is Wrong.UNKNOWN_KEY:
        values = [f" to {near}" for near in found.values] or [""]
        values_zh = [f"为 {near} " for near in found.values] or [""]
    if found.wrong is Wrong.VALUE:
        values = ["", "", found.values[0]]
    return RuleFault(
        rule,
        rest if rule and dot else found.where,
        str(found),
        words.said_zh.format(*values_zh, where=found.where),
        words.cure.format(*values),
        words.cure_zh.format(*values_zh),
    )


def _zh(text: str) -> str:
    return _KINDS_ZH.get(text) or text.replace("one of ", "以下之一：", 1)
