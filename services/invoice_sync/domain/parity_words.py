"""What a difference of control totals is, and what cures it, in words. Only words."""

from collections.abc import Mapping

from services.invoice_sync.domain.parity import Difference, DifferenceClass

_WHAT: Mapping[DifferenceClass, tuple[str, str]] = {
    DifferenceClass.OURS_ONLY: (
        "stands in the books by our knowledge, and the authority's list does not have it",
        "我方记为已入库，税局清单中没有",
    ),
    DifferenceClass.THEIRS_ONLY: (
        "stands in the authority's books under this seller, and nothing of ours",
        "税局以该销售方登记，我方没有对应发票",
    ),
    DifferenceClass.AMOUNT_DIFFERS: (
        "stands on both sides with another amount or colour",
        "双方均有，但金额或蓝红字不同",
    ),
    DifferenceClass.STATE_DIFFERS: (
        "counts on one side alone: the other has it void, refused or otherwise",
        "仅一方计入总额：另一方为作废、被拒或其他状态",
    ),
    DifferenceClass.DAY_DIFFERS: ("stands on both sides under another day", "双方均有，但开票日期不同"),
}
_REMEDY: Mapping[DifferenceClass, tuple[str, str]] = {
    DifferenceClass.OURS_ONLY: (
        "it is read back at once; once its absence is proved it is sent again by itself",
        "系统立即复查；查实缺失后自动重发",
    ),
    DifferenceClass.THEIRS_ONLY: (
        "ask who issued it by hand at the portal; if nobody did, report it and take it back by a red letter there",
        "核实是否有人在门户手工开具；如无人开具，请向税局反映，并在门户红冲",
    ),
    DifferenceClass.AMOUNT_DIFFERS: (
        "compare with the frozen document; then take it back by a red letter and issue it anew",
        "与冻结的原文核对；随后红冲并重开",
    ),
    DifferenceClass.STATE_DIFFERS: (
        "it is read back at once, which brings our side up to date; if it still differs, look at its diagnosis",
        "系统立即复查并更新我方状态；若仍不一致，请查看其诊断",
    ),
    DifferenceClass.DAY_DIFFERS: (
        "compare with the frozen document; the day cannot be changed, so take it back and issue it anew if it matters",
        "与冻结的原文核对；日期无法更改，如有影响请红冲重开",
    ),
}


def fact_of(each: Difference) -> tuple[str, str]:
    """What differs, both sides of it, and what to do, in English and Chinese."""
    what, what_zh = _WHAT[each.difference_class]
    remedy, remedy_zh = remedy_of(each.difference_class)
    name = each.invoice_number or each.invoice_id
    ours, theirs = _side(each.ours_minor, each.ours_state), _side(each.theirs_minor, each.theirs_state)
    return (
        f"{each.difference_class}: {name} {what} (ours {ours}, authority {theirs}); {remedy}",
        f"{each.difference_class}：{name} {what_zh}（我方 {ours}，税局 {theirs}）；{remedy_zh}",
    )


def remedy_of(found: DifferenceClass) -> tuple[str, str]:
    """What cures it, in English and Chinese."""
    return _REMEDY[found]


def _side(minor: int | None, state: str) -> str:
    return "–" if minor is None else f"{minor} {state}"
