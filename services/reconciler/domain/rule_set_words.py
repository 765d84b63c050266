"""Thresholds of a rule set as sentences, in English and Chinese. It decides nothing."""

from typing import NamedTuple

from services.reconciler.rules.rule_set import Ignore, RuleSet, Threshold

_BASIS = {"amount": ("amount", "金额"), "difference": ("difference", "差额")}


class Said(NamedTuple):
    """A sentence in both languages."""

    en: str
    zh: str


def ignore_said(ignore: Ignore) -> Said:
    """Which small exceptions are not shown, and until when of a day."""
    basis, basis_zh = _BASIS[ignore.below.basis]
    classes = ", ".join(ignore.exception_classes)
    return Said(
        f"{classes} with {_article(basis)} {basis} below {_minor(ignore.below.minor)} is not shown, as long as a "
        f"business date has at most {ignore.count_max} of them in a currency and together at most "
        f"{_minor(ignore.sum_minor_max)}; what comes after is shown",
        f"{classes} 的{basis_zh}低于 {_minor_zh(ignore.below.minor)}时不列示；每个业务日每个币种最多 "
        f"{ignore.count_max} 组，合计不超过 {_minor_zh(ignore.sum_minor_max)}，超出部分照常列示",
    )


def confirmation_said(rule_set: RuleSet) -> Said:
    """From which threshold on two people confirm."""
    threshold = rule_set.second_confirmation
    if threshold is None:
        return Said("one person confirms, whatever the amount", "无论金额大小，一人确认即可")
    return _two_people(threshold)


def _two_people(threshold: Threshold) -> Said:
    basis, basis_zh = _BASIS[threshold.basis]
    return Said(
        f"from {_article(basis)} {basis} of {_minor(threshold.minor)} on, two people confirm",
        f"{basis_zh}达到 {_minor_zh(threshold.minor)}起须两人确认",
    )


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _minor(minor: int) -> str:
    return f"{minor} minor units ({_two_decimals(minor)} in CNY)"


def _minor_zh(minor: int) -> str:
    return f"{minor} 最小货币单位（人民币 {_two_decimals(minor)} 元）"


def _two_decimals(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"
