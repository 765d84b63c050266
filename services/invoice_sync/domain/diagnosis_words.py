"""What is said about each cause, in English and Chinese. Which cause it is, is decided in diagnosis.py."""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one cause. `authority` is empty where the authority is not concerned."""

    title: str
    title_zh: str
    remedy: str
    remedy_zh: str
    customer: str
    authority: str
    what_would_change: str


WORDS: Mapping[str, Words] = {
    "IN_SYSTEM": Words(
        "The invoice is in the tax authority's system: read back by key and by number, equal in content.",
        "发票已在税务系统中：按业务键和发票号码均已查到，内容一致。",
        "Nothing to do.",
        "无需处理。",
        "您的发票已开具成功，税务系统可以查到。",
        "",
        "A later query that no longer finds it, or finds other content.",
    ),
    "NOT_DUE": Words(
        "No invoice is due yet by the merchant's policy.",
        "按商户开票设置，目前尚未到开票时点。",
        "Wait for the policy, or ask for the invoice now (RequestInvoice) if the payment has succeeded.",
        "等待到达开票时点；如已支付成功，可立即申请开票。",
        "发票尚未到开具时点，如需要可申请开票。",
        "",
        "The payment's next state, its reconciliation, or a request for the invoice.",
    ),
    "A1": Words(
        "The invoice was never requested, or what it needs was not given.",
        "从未申请开票，或开票资料不全。",
        "Set the merchant's profile if it has none, or ask for the invoice (RequestInvoice).",
        "若商户未设置开票资料，请先设置；否则请申请开票。",
        "尚未收到开票申请，请提供发票抬头后申请。",
        "",
        "A profile of the merchant, or a request for the invoice.",
    ),
    "A3": Words(
        "The invoice is queued here and was not sent yet.",
        "发票已在队列中，尚未发送。",
        "Within the agreed time nothing; beyond it, look at the uploader: is it running, are there enough of them?",
        "未超过约定时限时无需处理；超过时请检查上传进程是否运行、数量是否足够。",
        "发票正在排队开具，请稍候。",
        "",
        "The first attempt.",
    ),
    "A4": Words(
        "The authority asked us to wait: too many requests.",
        "税务系统限流，要求稍后再发。",
        "Nothing by hand: it is sent again when the wait is over. If it lasts, ask for a higher rate.",
        "无需人工处理：等待结束后自动重发；若持续发生，请申请提高限额。",
        "发票正在开具，税务系统繁忙，请稍候。",
        "",
        "The next attempt.",
    ),
    "B1": Words(
        "The invoice never left: the authority could not be reached.",
        "发票未能送达：无法连接税务系统。",
        "Nothing by hand while tries are left; look at the network and the authority's interface if it lasts.",
        "尚有重试次数时无需人工处理；若持续发生，请检查网络及税务接口。",
        "发票正在开具，税务系统暂时无法连接，我们会自动重试。",
        "贵方接口自所列时间起无法连接，请协助确认接口状态。",
        "An attempt that reaches the authority.",
    ),
    "B2": Words(
        "The answer was lost: the authority may or may not have the invoice.",
        "应答丢失：税务系统可能已收到，也可能未收到。",
        "Nothing by hand: it is asked for, and sent again under the same key only once its absence is proved.",
        "无需人工处理：系统将先查询，确认不存在后才以相同业务键重发，不会重复开票。",
        "发票正在确认中，不会重复开具，请稍候。",
        "",
        "A query that finds it, or the proof that it is absent.",
    ),
    "C2": Words(
        "The authority refused the invoice for good.",
        "税务系统拒绝了该发票。",
        "Correct what the code names and issue the invoice anew.",
        "请按错误码更正内容后重新开具。",
        "开票信息有误，需要更正后重新开具，请核对抬头和税号。",
        "",
        "A corrected invoice.",
    ),
    "C3": Words(
        "The authority refused our permission to issue.",
        "税务系统拒绝：无开票权限或未登记。",
        "Check the registration and the credential with the authority, then issue anew.",
        "请与税务机关核对登记与凭证后重新开具。",
        "开票权限正在处理中，请稍候。",
        "请协助确认我方开票权限与凭证状态。",
        "A permission that is granted.",
    ),
    "C6": Words(
        "The authority took the invoice and is still processing it, longer than usual.",
        "税务系统已受理，处理时间超出常规。",
        "Wait; it is not sent again while the authority says that it holds it. If it lasts, take it to the authority.",
        "等待；税务系统称已受理期间不会重发。若持续，请将清单提交税务机关。",
        "税务系统已受理您的发票，正在处理，请稍候。",
        "所列发票贵方已受理但长时间未入库，请协助核查。",
        "A query that finds it booked, or no longer finds it.",
    ),
    "D1": Words(
        "The authority acknowledged the invoice; its main database may still lag behind.",
        "税务系统已受理，主库可能尚未同步。",
        "Nothing by hand: it is asked for until the window is over.",
        "无需人工处理：在入库时限内系统会持续查询。",
        "发票已开具，税务系统数据同步需要一点时间，请稍后查询。",
        "",
        "A query that finds it, or the end of the window.",
    ),
    "D2": Words(
        "The authority acknowledged the invoice, and its main database does not have it.",
        "税务系统已回执成功，但主库查无此票。",
        "Nothing by hand: once the absence is proved, the same bytes are sent again under the same key.",
        "无需人工处理：确认不存在后，系统以相同内容、相同业务键重新上传。",
        "税务系统返回成功但尚未入库，我们正在重新上传，不会重复开票。",
        "贵方已返回受理成功及发票号码，但主库多次查询均无记录，证据如下，请核查。",
        "A query that finds it.",
    ),
    "D4": Words(
        "The authority holds something else under our key or number.",
        "税务系统在同一业务键或号码下存有其他内容。",
        "Do not send again: compare both documents with the authority, then adopt theirs or reverse it and issue anew.",
        "请勿重发：与税务机关核对两份内容，再决定采用或红冲重开。",
        "发票信息需要与税务机关核对，请稍候。",
        "贵方在同一业务键或发票号码下的记录与我方不一致，请协助核查。",
        "The authority's word on which document stands.",
    ),
    "D5": Words(
        "The authority booked the invoice with other content than we sent.",
        "税务系统入库的内容与我方上传的不一致。",
        "Compare the content with the authority, then adopt it or reverse it and issue anew.",
        "与税务机关核对内容，再决定采用或红冲重开。",
        "发票内容需要与税务机关核对，请稍候。",
        "贵方入库内容的摘要与我方上传内容的摘要不一致，请协助核查。",
        "The authority's word on which content stands.",
    ),
    "E3": Words(
        "The authority's query service cannot answer, so it cannot be told now.",
        "税务系统查询服务无法应答，目前无法判断。",
        "Nothing by hand: it is asked again. An outage of the query service proves nothing about the invoice.",
        "无需人工处理：系统会继续查询。查询服务故障不能说明发票不存在。",
        "税务系统查询暂不可用，恢复后会自动确认您的发票。",
        "贵方查询服务自所列时间起无法应答，请协助确认。",
        "An answer of the query service.",
    ),
}

# What is said where waiting is no longer enough; a cause that is not here says the same as ever.
WORDS_BY_HAND: Mapping[str, Words] = {
    "B2": replace(
        WORDS["B2"],
        remedy="Waiting is over: look at the authority's interface and take the evidence to the authority. It is still "
        "asked for, unless the outbox row says given up: then RequestInvoice (same buyer) sends the same bytes "
        "once more.",
        remedy_zh="已超出等待时限：请检查税务接口，并将证据提交税务机关。任务未停止时系统仍会查询；若任务显示已停止自动重试，"
        "可用相同购买方再次申请开票，系统将以相同内容重发一次。",
        customer="发票尚未得到税务系统确认，我们已转人工核查，不会重复开具。",
        authority="我方已上传所列发票，但未收到应答或主库查无此票，证据如下，请核查。",
    ),
    "D1": replace(
        WORDS["D1"],
        remedy="Waiting is over: take the evidence to the authority. The invoice is still asked for.",
        remedy_zh="已超出等待时限：请将证据提交税务机关。系统仍会持续查询。",
        customer="发票已受理但长时间未入库，我们已转人工核查，不会重复开具。",
        authority="贵方已返回受理成功，但所列发票长时间未入库，证据如下，请核查。",
    ),
    "D2": replace(
        WORDS["D2"],
        remedy="Waiting is over: take the evidence to the authority. It is still asked for, unless the outbox row says "
        "given up: then it was sent as often as is allowed, and RequestInvoice (same buyer) sends the same bytes "
        "once more.",
        remedy_zh="已超出等待时限：请将证据提交税务机关。任务未停止时系统仍会查询；若任务显示已停止自动重试，说明重发次数或时限已用尽，"
        "可用相同购买方再次申请开票，系统将以相同内容重发一次。",
        customer="税务系统返回成功但一直未入库，我们已转人工核查，不会重复开票。",
    ),
    "E3": replace(
        WORDS["E3"],
        remedy="Look at the network and the authority's query service, and tell the authority if it is theirs. The "
        "invoice is still asked for; an outage of the query service proves nothing about it.",
        remedy_zh="请检查网络及税务查询服务，必要时联系税务机关。系统仍会继续查询；查询服务故障不能说明发票不存在。",
        customer="税务系统查询长时间不可用，我们已转人工处理，恢复后即可确认您的发票。",
    ),
}
