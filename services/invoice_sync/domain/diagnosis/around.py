"""Rows around an invoice as evidence: the question, its gate, probes, number range, delivery. It judges nothing."""

from datetime import datetime

from services.invoice_sync.domain.diagnosis.facts import (
    ArchiveCheck,
    Asked,
    Delivery,
    Elsewhere,
    Foreign,
    Heartbeat,
    Near,
    NumberUse,
    Probed,
    Resolution,
    Watermark,
)
from services.invoice_sync.domain.document_rules import Broken
from services.invoice_sync.domain.evidence import Evidence
from services.invoice_sync.domain.gate import Shut
from services.invoice_sync.domain.hold import Hold
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.moment import told

_KEPT = 4


def of_asked(asked: Asked) -> Evidence:
    """The question, and how it led here."""
    match asked.resolution:
        case Resolution.EXACT:
            told, told_zh = "known here", "系统中有对应记录"
        case Resolution.CORRECTED:
            told, told_zh = f"not known here, but {asked.meant} is", f"系统中无此记录，最接近的是 {asked.meant}"
        case Resolution.NEAR:
            assert asked.near is not None, "what is near is told with its number"
            words, words_zh = near_words(asked.near)
            told, told_zh = f"not known here, but {words}", f"系统中无此记录，但{words_zh}"
        case Resolution.NOT_OURS:
            told, told_zh = "nothing is known here by it", "系统中无此记录，也无近似记录"
    reference = asked.reference
    return Evidence(
        "question", reference, asked.asked_time, f"asked for {reference}: {told}", f"查询 {reference}：{told_zh}"
    )


def near_words(near: Near) -> tuple[str, str]:
    """How many references of ours are one slip away, and how many of them fit what was said."""
    told, told_zh = f"references of ours one slip away: {near.count}", f"我方仅差一处的编号有 {near.count} 个"
    if near.fit_count is None:
        return told, told_zh
    return f"{told}, of which fit what was said: {near.fit_count}", f"{told_zh}，其中 {near.fit_count} 个与所述信息相符"


def of_claim(asked: Asked, what: str, what_zh: str, told: str, right: str) -> Evidence:
    """What the asker said of the invoice where it differs from what stands on it."""
    return Evidence(
        "question",
        asked.reference,
        asked.asked_time,
        f"asked with the {what} {told}; on the invoice stands {right}",
        f"查询所用{what_zh}为 {told}，发票上为 {right}",
    )


def of_buyer(invoice: Invoice, asked: Asked) -> Evidence:
    """Both buyer numbers, masked."""
    return of_claim(
        asked, "buyer tax number", "购买方税号", masked(asked.claim.buyer_tax_id), masked(invoice.buyer.tax_id)
    )


def of_broken(broken: Broken, when: datetime) -> Evidence:
    """A rule of ours that the document breaks."""
    return Evidence(
        "document_rule",
        broken.rule,
        when,
        f"{broken.field}: {broken.message}",
        f"{broken.field}：{broken.message_zh}",
    )


def of_hold(hold: Hold) -> Evidence:
    """A hold that is in force."""
    until, until_zh = until_words(hold.until)
    return Evidence(
        "hold",
        hold.hold_id,
        hold.since,
        f"{hold.kind.value} hold on {hold.route_key}: {hold.reason}, {until}",
        f"通道 {hold.route_key} 暂停（{hold.kind.value}）：{hold.reason_zh}，{until_zh}",
    )


def of_shut(shut: Shut, now: datetime) -> Evidence:
    """The gate's own verdict; of the breaker, which is no hold."""
    until, until_zh = until_words(shut.until)
    return Evidence(
        "gate",
        shut.hold_id or shut.kind.value,
        now,
        f"the gate is shut by {shut.kind.value}: {shut.reason}, {until}",
        f"通道关闭（{shut.kind.value}）：{shut.reason_zh}，{until_zh}",
    )


def of_heartbeat(beat: Heartbeat) -> Evidence:
    """When an uploader last took work."""
    return Evidence(
        "gate",
        beat.route_key,
        beat.claim_time,
        f"an uploader last took work for {beat.route_key}",
        f"上传进程最近一次领取 {beat.route_key} 的任务",
    )


def of_probe(probed: Probed) -> Evidence:
    """A probe and its answer."""
    kind, outcome = probed.kind.value, probed.answer.outcome.value
    up, up_zh = ("as it should", "正常") if probed.up else ("not as it should", "异常")
    return Evidence(
        "probe",
        probed.probe_id,
        probed.start_time,
        f"{kind} probe answered {up}: {outcome}, {probed.duration_ms} ms",
        f"{kind} 探测{up_zh}：结果 {outcome}，{probed.duration_ms} 毫秒",
    )


def of_foreign(foreign: Foreign) -> Evidence:
    """What the authority says of a number that is not in our books."""
    if not foreign.seller_tax_id:
        told, told_zh = f"the authority answers {foreign.probe.answer.outcome.value}", "税局未返回该号码的记录"
    else:
        whose, whose_zh = (
            ("a seller of ours, not issued here", "本系统商户，但并非由本系统开具")
            if foreign.seller_is_ours
            else ("another seller", "其他销售方")
        )
        seller = masked(foreign.seller_tax_id)
        told, told_zh = f"the authority names {seller}: {whose}", f"税局记录的销售方为 {seller}：{whose_zh}"
    probe = foreign.probe
    return Evidence("probe", probe.probe_id, probe.start_time, told, told_zh)


def of_number(use: NumberUse) -> Evidence:
    """A number of our range, and whether the customer has it."""
    handed, handed_zh = ("never handed over", "尚未交付客户")
    if use.handed_time is not None:
        at, at_zh = told(use.handed_time)
        handed, handed_zh = f"handed to the customer at {at}", f"已于{at_zh}交付客户"
    return Evidence(
        "number_range",
        use.range_id,
        use.handed_time or use.take_time,
        f"number {use.number} of our range: {handed}",
        f"预赋号段内号码 {use.number}：{handed_zh}",
    )


def of_elsewhere(found: Elsewhere) -> Evidence:
    """Where else it stands."""
    return Evidence(
        "attempt",
        found.attempt_id,
        found.found_time,
        f"found at {found.place}, where it was not sent to",
        f"在 {found.place} 查到该发票，并非上传的目的地",
    )


def of_watermark(mark: Watermark) -> Evidence:
    """Up to when the authority's main book is complete."""
    at, at_zh = told(mark.complete_until)
    return Evidence(
        "attempt", mark.attempt_id, mark.told_time, f"the main book is complete up to {at}", f"主库数据完整至{at_zh}"
    )


def of_delivery(delivery: Delivery) -> Evidence:
    """How it went to the customer."""
    went, went_zh = ("arrived", "已送达") if delivery.arrived else ("did not arrive", "未送达")
    why = f": {delivery.reason}" if delivery.reason else ""
    return Evidence(
        "delivery",
        delivery.delivery_id,
        delivery.deliver_time,
        f"delivery by {delivery.channel} {went}{why}",
        f"通过 {delivery.channel} 交付，{went_zh}{why}",
    )


def of_archive(check: ArchiveCheck) -> Evidence:
    """A check of the stored copy."""
    if not check.opens:
        fact, fact_zh = "the stored copy does not open", "存档副本无法打开"
    elif not check.same_hash:
        fact, fact_zh = "the stored copy has another SHA-256 than the document", "存档副本的摘要与原文不一致"
    else:
        fact, fact_zh = "the stored copy is whole", "存档副本完好"
    return Evidence("body", check.check_id, check.check_time, fact, fact_zh)


def until_words(until: datetime | None) -> tuple[str, str]:
    """Until when, in both languages."""
    if until is None:
        return "until it is lifted", "直至人工解除"
    clock, clock_zh = told(until)
    return f"until {clock}", f"预计至{clock_zh}"


def masked(tax_id: str) -> str:
    """A tax number of which only the ends are told; an empty one is told as such."""
    if not tax_id:
        return "(empty 空)"
    return f"{tax_id[:_KEPT]}{'*' * max(len(tax_id) - 2 * _KEPT, _KEPT)}{tax_id[-_KEPT:]}"
