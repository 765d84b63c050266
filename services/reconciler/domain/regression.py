"""What a report of changes amounts to: may its version be activated by it, and if not, why. It reads none."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the report lets its version be activated; `reason` is the contract's word for what stands in the way."""

    passes: bool
    reason: str
    said: str
    said_zh: str


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report says that counts here. `is_stale`: another version stands where the report had its baseline."""

    has_ended: bool
    has_failed: bool
    wrong_auto_posts: int
    changed_rows: int
    changed_slices: int
    slices: int
    is_stale: bool


def judge(reported: Reported) -> Verdict:
    """The verdict; what is wrong comes before what is only not done."""
    if reported.has_failed:
        return _no("REGRESSION_REQUIRED", "the report failed: make another", "回归未完成，请重新发起")
    if not reported.has_ended:
        return _no("REGRESSION_REQUIRED", "the report has not ended", "回归尚未结束")
    if wrong := reported.wrong_auto_posts:
        return _no(
            "WRONG_AUTO_POSTS",
            f"it posts {wrong} wrong groups in the sets whose truth is known, and not one is let through",
            f"在已知真值的样本中错误自动过账 {wrong} 组，一组也不放行",
        )
    if reported.is_stale:
        return _no(
            "REGRESSION_REQUIRED",
            "another version is active by now: make a report against that",
            "生效版本已变更，请针对新的生效版本重新回归",
        )
    return Verdict(True, "", _said(reported), _said_zh(reported))


def _no(reason: str, said: str, said_zh: str) -> Verdict:
    return Verdict(False, reason, said, said_zh)


def _said(reported: Reported) -> str:
    past = f"{reported.slices} past days" if reported.slices else "no past day, since none was decided yet"
    odd = f"; the inputs of {reported.changed_slices} of them have changed" if reported.changed_slices else ""
    return (
        f"nothing stands in the way: no wrong post, {reported.changed_rows} rows end in another place; "
        f"it was tried on {past}{odd}"
    )


def _said_zh(reported: Reported) -> str:
    past = f"{reported.slices} 个历史日" if reported.slices else "0 个历史日（尚无已对账日）"
    odd = f"，其中 {reported.changed_slices} 个的输入已变化" if reported.changed_slices else ""
    return f"可以生效：无错误过账，{reported.changed_rows} 行结果变化；已回归{past}{odd}"
