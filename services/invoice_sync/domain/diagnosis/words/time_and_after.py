"""The words of causes F1, F2, G1 and G2: the calendar, and what comes after booking. Only words."""

from collections.abc import Mapping

from services.invoice_sync.domain.diagnosis.words.sentence import Words

TIME_AND_AFTER: Mapping[str, Words] = {
    "F1": Words(
        title="The authority refused the date (code {code}): {what}.",
        title_zh="税局拒收开票日期（错误码 {code}）：{what_zh}。",
        remedy="Set our clock right (NTP), then correct the invoice: its next version bears today's date.",
        remedy_zh="请先校准我方时钟（NTP），再更正发票；新版本使用当日日期。",
        call="POST /v1/invoices/{invoice_id}:correct",
        owner="OPERATOR",
        customer="发票日期需要更正，我们正在处理，请稍候。",
        customer_en="The date of your invoice has to be corrected; we are doing that.",
        authority="",
        what_would_change="A version with a date that the authority takes.",
        what_would_change_zh="更正日期后的版本被受理。",
    ),
    "F2": Words(
        title="The legal deadline for uploading it has passed ({until}).",
        title_zh="已超过法定上传期限（{until_zh}）。",
        remedy="Take the late-submission path with the authority, and keep this evidence: it shows when each try was "
        "made and why it did not succeed. Then ask for the invoice again.",
        remedy_zh="请按逾期上传流程向税务机关申请，并保留本证据（列明每次上传时间及未成功原因），获准后再次申请开票。",
        call="POST /v1/invoices",
        owner="FINANCE",
        customer="发票上传已逾期，我们正在与税务机关处理，请稍候。",
        customer_en="The deadline for uploading your invoice has passed; we are settling it with the tax authority.",
        authority="所列发票已超过上传期限，原因及每次上传记录如下，申请按逾期处理。",
        what_would_change="The authority's leave to upload it late.",
        what_would_change_zh="税务机关准许逾期上传。",
    ),
    "G1": Words(
        title="The invoice is in the system, and did not reach the customer by {what}.",
        title_zh="发票已在税务系统中，但未送达客户（{what_zh}）。",
        remedy="Check the address and deliver it again, by another channel if it comes back again.",
        remedy_zh="请核对客户地址后重新交付；再次退回时改用其他渠道。",
        call="GET /v1/invoices/{invoice_id}",
        owner="OPERATOR",
        customer="您的发票已开具成功，但未能送达，请确认接收邮箱或手机号。",
        customer_en="Your invoice is issued and did not reach you; please check your address.",
        authority="",
        what_would_change="A delivery that arrives.",
        what_would_change_zh="重新交付成功。",
    ),
    "G2": Words(
        title="The invoice is in the system, and our archived copy is lost or damaged.",
        title_zh="发票已在税务系统中，但我方存档副本丢失或损坏。",
        remedy="Restore the copy from the backup, or fetch it again from the authority; its SHA-256 tells whether it "
        "is the right one.",
        remedy_zh="请从备份恢复存档副本，或从税局重新下载；以摘要核对是否一致。",
        call="GET /v1/invoices/{invoice_id}",
        owner="OPERATOR",
        customer="您的发票在税务系统中有效，存档文件正在恢复，请稍候。",
        customer_en="Your invoice is valid in the tax system; our copy of it is being restored.",
        authority="",
        what_would_change="A check that finds the copy whole.",
        what_would_change_zh="存档检查恢复正常。",
    ),
}
