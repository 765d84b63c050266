"""The words of causes B1 to B4: it got lost on the way. Only words."""

from collections.abc import Mapping

from services.invoice_sync.domain.diagnosis.words.sentence import ByHand, Words

_ESCALATED = "发票尚未得到税务系统确认，我们已转人工核查，不会重复开具。"
_ESCALATED_EN = "The tax system has not confirmed your invoice yet; our staff look at it. It is not issued twice."

LOST: Mapping[str, Words] = {
    "B1": Words(
        title="The invoice never left: the authority could not be reached.",
        title_zh="发票未能送达：无法连接税务系统。",
        remedy="Nothing by hand while tries are left; look at the network and the authority's interface if it lasts.",
        remedy_zh="尚有重试次数时无需人工处理；若持续发生，请检查网络及税务接口。",
        call="POST /v1/probes",
        owner="OPERATOR",
        customer="发票正在开具，税务系统暂时无法连接，我们会自动重试。",
        customer_en="The tax system cannot be reached at the moment; we try again by ourselves.",
        authority="贵方接口自所列时间起无法连接，请协助确认接口状态。",
        what_would_change="An attempt that reaches the authority.",
        what_would_change_zh="成功连接税务系统的一次上传。",
    ),
    "B2": Words(
        title="The answer was lost: the authority may or may not have the invoice.",
        title_zh="应答丢失：税务系统可能已收到，也可能未收到。",
        remedy="Nothing by hand: it is asked for, and sent again under the same key only once its absence is proved.",
        remedy_zh="无需人工处理：系统将先查询，确认不存在后才以相同业务键重发，不会重复开票。",
        call="GET /v1/invoices/{invoice_id}/attempts",
        owner="OPERATOR",
        customer="发票正在确认中，不会重复开具，请稍候。",
        customer_en="Your invoice is being confirmed and is not issued twice; please wait a little.",
        authority="",
        what_would_change="A query that finds it, or the proof that it is absent.",
        what_would_change_zh="查询到该发票，或确认其不存在。",
        by_hand=ByHand(
            remedy="Waiting is over: look at the authority's interface and take the evidence to the authority. It is "
            "still asked for, unless the outbox row says given up: then RequestInvoice (same buyer) sends the same "
            "bytes once more.",
            remedy_zh="已超出等待时限：请检查税务接口，并将证据提交税务机关。任务未停止时系统仍会查询；若任务显示已停止自动重试，"
            "可用相同购买方再次申请开票，系统将以相同内容重发一次。",
            customer=_ESCALATED,
            customer_en=_ESCALATED_EN,
            authority="我方已上传所列发票，但未收到应答或主库查无此票，证据如下，请核查。",
        ),
    ),
    "B3": Words(
        title="It was sent in a batch, and the batch's answer leaves it out.",
        title_zh="该发票随批量上传，但批次结果中缺少该条。",
        remedy="Nothing by hand: it is asked for, and only what is missing is sent again.",
        remedy_zh="无需人工处理：系统先查询，仅补传缺失的发票。",
        call="GET /v1/invoices/{invoice_id}/attempts",
        owner="OPERATOR",
        customer="发票正在确认中，不会重复开具，请稍候。",
        customer_en="Your invoice is being confirmed and is not issued twice; please wait a little.",
        authority="贵方批次结果缺少所列发票，请协助核查该批次。",
        what_would_change="A query that finds it, or the proof that it is absent.",
        what_would_change_zh="查询到该发票，或确认其不存在。",
        by_hand=ByHand(
            remedy="Waiting is over: take the batch's answer and the evidence to the authority. Do not send the whole "
            "batch again.",
            remedy_zh="已超出等待时限：请将批次结果及证据提交税务机关，切勿整批重传。",
            customer=_ESCALATED,
            customer_en=_ESCALATED_EN,
        ),
    ),
    "B4": Words(
        title="Its batch session was not closed in time, so the authority threw it away or never booked it.",
        title_zh="上传会话未及时关闭，税局未入账或已作废该会话。",
        remedy="Nothing by hand: the close is repeated until it is answered, or it goes in a new session.",
        remedy_zh="无需人工处理：系统重复关闭会话直至得到应答，或在新会话中补传。",
        call="GET /v1/invoices/{invoice_id}/attempts",
        owner="OPERATOR",
        customer="发票正在上传，请稍候。",
        customer_en="Your invoice is being uploaded; please wait a little.",
        authority="所列会话的关闭结果未返回，请协助核查该会话状态。",
        what_would_change="An answer to the close, or a new session that takes it.",
        what_would_change_zh="会话关闭得到应答，或新会话上传成功。",
        by_hand=ByHand(
            remedy="Waiting is over: ask the authority how the session stands, with the evidence.",
            remedy_zh="已超出等待时限：请携证据向税务机关核实会话状态。",
            customer=_ESCALATED,
            customer_en=_ESCALATED_EN,
        ),
    ),
}
