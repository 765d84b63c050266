"""The words of causes A1 to A5 and NOT_DUE: the invoice was not sent. Only words."""

from collections.abc import Mapping

from services.invoice_sync.domain.diagnosis.words.sentence import Words

# NOT_DUE, where it is the money that gives no invoice and not the policy.
CANCELLED = Words(
    title="The money of the invoice went back before it was sent, so it was cancelled.",
    title_zh="发票上传前款项已退回，该发票已撤销，未上传。",
    remedy="Nothing: the authority has no record of it; should its list show one, a red letter is asked for.",
    remedy_zh="无需处理：税务系统没有该发票的记录；如其清单日后出现该发票，系统将提示开具红字发票冲减。",
    call="",
    owner="CUSTOMER",
    customer="该笔款项已退回，对应发票已撤销，无需处理。",
    customer_en="The money was given back before the invoice was sent, so there is no invoice for it.",
    authority="",
    what_would_change="A payment of its own gives an invoice of its own; this one is never sent.",
    what_would_change_zh="再次支付后将另行开票；本张发票不再上传。",
)
REFUNDED = Words(
    title="The payment was given back in full, so no invoice is issued.",
    title_zh="该笔支付已全部退回，不再开具发票。",
    remedy="Nothing: there is nothing to invoice. If the money should not have gone back, look at its refunds.",
    remedy_zh="无需处理：没有可开票金额。如认为不应退回，请核对该支付单的退款、冲正与拒付记录。",
    call="",
    owner="CUSTOMER",
    customer="该笔款项已全额退回，无需开具发票。",
    customer_en="This payment was given back in full, so there is no invoice for it.",
    authority="",
    what_would_change="Nothing; a new payment has an invoice of its own.",
    what_would_change_zh="不会改变；重新支付后按新的支付单开票。",
)
REFUND_UNDER_WAY = Words(
    title="A refund of the payment is not decided, so what there is to invoice is not known yet.",
    title_zh="该笔支付有退款正在处理，可开票金额尚未确定。",
    remedy="Wait until the refund has succeeded or failed; what is left is invoiced then, by the merchant's policy. "
    "If it stays undecided, look at the payment's refunds that need a person.",
    remedy_zh="等待退款成功或失败；之后按商户开票设置，以剩余金额开票。若长期未办结，请核对该支付单需人工处理的退款。",
    call="",
    owner="OPERATOR",
    customer="您有一笔退款正在处理，完成后将按剩余金额开具发票。",
    customer_en="A refund is on its way; once it is done, you get the invoice for the rest.",
    authority="",
    what_would_change="The end of the refund.",
    what_would_change_zh="退款办结。",
)
# A4, where the way is shut since a person carries it there.
CARRIED_BY_HAND = Words(
    title="It was exported to be carried to the authority by hand, so nothing is sent from here.",
    title_zh="发票已导出，由人工上传，系统不再发送。",
    remedy="Carry the package there and import its receipt; it counts as booked when the authority shows it. If nobody "
    "carries it there, release the package: it is then asked for, and sent once its absence is proved.",
    remedy_zh="请完成人工上传并导入回执；以税局主库查到为准。若不再人工上传，请释放该上传包：系统查实缺失后自动重发。",
    call="GET /v1/manual-packages",
    owner="OPERATOR",
    customer="发票正在人工办理，请稍候。",
    customer_en="Your invoice is being handled by hand; please wait a little.",
    authority="",
    what_would_change="The invoice in the authority's main book, or the release of its package.",
    what_would_change_zh="税局主库查到该发票，或释放该上传包。",
)
NOT_SENT: Mapping[str, Words] = {
    "NOT_DUE": Words(
        title="No invoice is due yet by the merchant's policy.",
        title_zh="按商户开票设置，目前尚未到开票时点。",
        remedy="Wait for the policy, or ask for the invoice now (RequestInvoice) if the payment has succeeded.",
        remedy_zh="等待到达开票时点；如已支付成功，可立即申请开票。",
        call="POST /v1/invoices",
        owner="CUSTOMER",
        customer="发票尚未到开具时点，如需要可申请开票。",
        customer_en="Your invoice is not due yet; you may ask for it now.",
        authority="",
        what_would_change="The payment's next state, its reconciliation, or a request for the invoice.",
        what_would_change_zh="支付状态变化、对账完成，或收到开票申请。",
    ),
    "A1": Words(
        title="The invoice was never requested, or what it needs was not given.",
        title_zh="从未申请开票，或开票资料不全。",
        remedy="Set the merchant's profile if it has none, or ask for the invoice (RequestInvoice).",
        remedy_zh="若商户未设置开票资料，请先设置；否则请申请开票。",
        call="POST /v1/invoices",
        owner="CUSTOMER",
        customer="尚未收到开票申请，请提供发票抬头后申请。",
        customer_en="We have no request for this invoice yet; please give the title and ask for it.",
        authority="",
        what_would_change="A profile of the merchant, or a request for the invoice.",
        what_would_change_zh="商户补全开票资料，或收到开票申请。",
    ),
    "A2": Words(
        title="The invoice breaks a rule of ours ({what}), so it was not sent.",
        title_zh="发票未通过本地校验（{what}），未上传。",
        remedy="Correct the field that the evidence names; the next version is sent at once.",
        remedy_zh="请更正证据中所列字段；更正后系统立即上传新版本。",
        call="POST /v1/invoices/{invoice_id}:correct",
        owner="FINANCE",
        customer="开票信息有误，请核对抬头和税号后重新提交。",
        customer_en="Something in the invoice's data is wrong; please check the title and tax number.",
        authority="",
        what_would_change="A corrected invoice that breaks no rule.",
        what_would_change_zh="更正后的发票通过校验。",
    ),
    "A3": Words(
        title="The invoice is queued here and was not sent yet.",
        title_zh="发票已在队列中，尚未发送。",
        remedy="Within the agreed time nothing; beyond it, look at the uploader: is it running, are there enough of "
        "them? If it was given up, ask for it again (RequestInvoice, same buyer).",
        remedy_zh="未超过约定时限时无需处理；超过时请检查上传进程是否运行、数量是否足够；若已停止重试，请以相同购买方再次申请开票。",
        call="GET /v1/gates",
        owner="OPERATOR",
        customer="发票正在排队开具，请稍候。",
        customer_en="Your invoice is in the queue; please wait a little.",
        authority="",
        what_would_change="The first attempt.",
        what_would_change_zh="首次上传。",
    ),
    "A4": Words(
        title="The gate to the authority is shut: {gate} ({until}).",
        title_zh="通往税局的通道已关闭：{gate_zh}（{until_zh}）。",
        remedy="A gate that the authority or the breaker shut opens by a probe; a login, a certificate or a hold by "
        "hand needs a person: renew it, then lift the hold. Nothing is lost, all of it waits.",
        remedy_zh="限流、停机和熔断由系统自动探测恢复；登录失效、证书失效或人工暂停须由人工处理，处理后解除暂停。发票均在队列中，不会丢失。",
        call="GET /v1/gates",
        owner="OPERATOR",
        customer="发票正在开具，税务系统暂时不能受理，恢复后会自动上传。",
        customer_en="Your invoice waits for the tax system, which cannot take it now; it goes as soon as it can.",
        authority="我方自所列时间起无法上传发票（{gate_zh}），请协助确认通道状态。",
        what_would_change="The gate opens.",
        what_would_change_zh="通道恢复。",
    ),
    "A5": Words(
        title="The customer has number {number}, and the invoice was never uploaded.",
        title_zh="发票号码 {number} 已交付客户，但该发票尚未上传成功。",
        remedy="It is uploaded now; while it waits, watch the day's list of numbers handed over and not uploaded.",
        remedy_zh="系统正在补传；请核对当日已交付但未上传的号码清单。",
        call="GET /v1/diagnoses?cause=A5",
        owner="OPERATOR",
        customer="您的发票号码有效，正在上传税务系统，上传后即可查验。",
        customer_en="Your invoice number is valid; it is being uploaded, and can be verified after that.",
        authority="",
        what_would_change="An upload that the authority takes.",
        what_would_change_zh="上传成功。",
    ),
}
