"""What each state of a red letter tells people, in English and Chinese. It decides nothing."""

from services.invoice_sync.domain.red_letter import RedState

WORDS: dict[RedState, tuple[str, str]] = {
    RedState.APPLYING: (
        "The confirmation form is being applied for at the tax authority.",
        "正在向税务机关申请红字信息确认单。",
    ),
    RedState.APPLY_FAILED: (
        "The tax authority refused the application; the last step says why. Mend that and ask again.",
        "税务机关拒绝了红字信息确认单申请，原因见最近一步；更正后请重新申请。",
    ),
    RedState.NO_CONFIRMATION_NEEDED: (
        "The buyer need not confirm; the red invoice is issued next.",
        "无需购买方确认，即将开具红字发票。",
    ),
    RedState.AWAITING_BUYER: (
        "The buyer has to confirm in the tax authority's portal within 72 hours of the application.",
        "等待购买方在申请后 72 小时内于电子税务局确认。",
    ),
    RedState.AWAITING_SELLER: (
        "The buyer applied; the seller has to confirm or refuse within 72 hours of the application.",
        "购买方已申请，等待销售方在申请后 72 小时内确认或拒绝。",
    ),
    RedState.CONFIRMED: (
        "Both sides have confirmed; the red invoice is issued next.",
        "购销双方已确认，即将开具红字发票。",
    ),
    RedState.REFUSED_BY_BUYER: (
        "The buyer refused, so the invoice stands as it was. Agree with the buyer and ask again.",
        "购买方拒绝确认，蓝字发票保持不变；请与购买方协商后重新申请。",
    ),
    RedState.REFUSED_BY_SELLER: (
        "The seller refused, so the invoice stands as it was.",
        "销售方拒绝确认，蓝字发票保持不变。",
    ),
    RedState.EXPIRED: (
        "Nobody confirmed within 72 hours, so the form is void and the invoice stands as it was. Ask again.",
        "超过 72 小时未确认，确认单已作废，蓝字发票保持不变；请重新申请。",
    ),
    RedState.WITHDRAWN: (
        "The form was withdrawn before it was confirmed; the invoice stands as it was.",
        "确认单在确认前已撤销，蓝字发票保持不变。",
    ),
    RedState.WITHDRAWN_AFTER_CONFIRMATION: (
        "The form was withdrawn after it was confirmed and before a red invoice used it; the invoice stands.",
        "确认单在确认后、开具红字发票前已撤销，蓝字发票保持不变。",
    ),
    RedState.ABNORMAL: (
        "The tax authority voided the form, since it holds the blue invoice for abnormal. Ask the authority.",
        "蓝字发票被税务机关列为异常凭证，确认单已作废；请联系主管税务机关。",
    ),
    RedState.ISSUED: (
        "The red invoice is issued and on its way into the tax authority's books.",
        "红字发票已开具，正在上传税务机关。",
    ),
    RedState.RED_REFUSED: (
        "The tax authority refused the red invoice. Withdraw the form, then ask again.",
        "税务机关拒绝了红字发票；请撤销确认单后重新申请。",
    ),
    RedState.BOOKED: (
        "The red invoice stands in the tax authority's books; its money can be invoiced again.",
        "红字发票已入税务机关主库，对应金额可重新开票。",
    ),
}
