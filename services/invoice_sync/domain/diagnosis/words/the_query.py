"""The words of causes E1 to E5: the question or its answer misleads. Only words."""

from collections.abc import Mapping

from services.invoice_sync.domain.diagnosis.words.sentence import ByHand, Words

# E1 where it is not sure which invoice is meant, nor that it is in the system. The customer is told no number, since
# most of them are other people's.
SEVERAL_NEAR = Words(
    title="{reference} is none of ours; {what}. It was probably mistyped; most likely meant: {right}.",
    title_zh="{reference} 不在我方记录中；{what_zh}。很可能录入有误，最可能是：{right_zh}。",
    remedy="Compare the number with the paper, and ask again; the amount, the day or the buyer's tax number tells "
    "which is meant.",
    remedy_zh="请对照票面核对号码后重新查询；补充金额、开票日期或购买方税号可确定是哪一张。",
    call="GET /v1/diagnoses/{reference}",
    owner="CUSTOMER",
    customer="未查到号码 {reference} 的发票，号码很可能录入有误，请对照票面核对后重新查询，"
    "并提供金额、开票日期或购买方税号。",
    customer_en="We find no invoice {reference}; the number was probably mistyped. Please compare it with the paper "
    "and ask again, with the amount, the day or the buyer's tax number.",
    authority="",
    what_would_change="A record of another seller under that number at the authority, or one of ours.",
    what_would_change_zh="税局显示该号码属于其他销售方，或我方查到该号码的记录。",
)
THE_QUERY: Mapping[str, Words] = {
    "E1": Words(
        title="It was asked for with wrong data; the invoice is in the system. Right is: {right}.",
        title_zh="查询信息有误，发票已在税务系统中。正确信息：{right_zh}。",
        remedy="Ask again with {right}.",
        remedy_zh="请使用正确信息重新查询：{right_zh}。",
        call="GET /v1/diagnoses/{right}",
        owner="CUSTOMER",
        customer="您查询时填写的信息有误，正确信息为：{right_zh}，请重新查询。",
        customer_en="The data that you asked with are wrong; right is: {right}. Please ask again.",
        authority="",
        what_would_change="A question with the right data that does not find it.",
        what_would_change_zh="使用正确信息仍查询不到。",
    ),
    "E2": Words(
        title="The invoice is booked, and older than the authority's query service reaches.",
        title_zh="发票已入库，但已超出税局查询期限。",
        remedy="Use the archived copy, or the authority's portal for old invoices.",
        remedy_zh="请使用存档副本，或通过税局历史发票渠道查询。",
        call="GET /v1/invoices/{invoice_id}",
        owner="OPERATOR",
        customer="该发票开具时间较早，已超出在线查验期限，我们可提供存档副本。",
        customer_en="This invoice is older than the online query reaches; we can give you the archived copy.",
        authority="",
        what_would_change="A query service that reaches further back.",
        what_would_change_zh="税局延长查询期限。",
    ),
    "E3": Words(
        title="The authority's query service cannot answer, so it cannot be told now.",
        title_zh="税务系统查询服务无法应答，目前无法判断。",
        remedy="Nothing by hand: it is asked again. An outage of the query service proves nothing about the invoice.",
        remedy_zh="无需人工处理：系统会继续查询。查询服务故障不能说明发票不存在。",
        call="POST /v1/probes",
        owner="OPERATOR",
        customer="税务系统查询暂不可用，恢复后会自动确认您的发票。",
        customer_en="The tax system's query is out for now; we confirm your invoice as soon as it is back.",
        authority="贵方查询服务自所列时间起无法应答，请协助确认。",
        what_would_change="An answer of the query service.",
        what_would_change_zh="查询服务恢复应答。",
        by_hand=ByHand(
            remedy="Look at the network and the authority's query service, and tell the authority if it is theirs. The "
            "invoice is still asked for; an outage of the query service proves nothing about it.",
            remedy_zh="请检查网络及税务查询服务，必要时联系税务机关。系统仍会继续查询；查询服务故障不能说明发票不存在。",
            customer="税务系统查询长时间不可用，我们已转人工处理，恢复后即可确认您的发票。",
            customer_en="The tax system's query has been out for long; our staff look at it.",
        ),
    ),
    "E4": Words(
        title="The query service said that it was not there, and then showed it: the first answer was wrong.",
        title_zh="税局曾返回查无此票，之后又查到：此前的应答有误。",
        remedy="Nothing by hand: it is in their books and was not sent again for that answer. If it happens often, "
        "raise the settle window.",
        remedy_zh="无需处理：发票已在税局，系统未因误报而重复上传。若频繁发生，请调大入库等待时限。",
        call="GET /v1/invoices/{invoice_id}/attempts",
        owner="OPERATOR",
        customer="您的发票已在税务系统中，此前查询结果不准确，请重新查询。",
        customer_en="Your invoice is in the tax system; the earlier answer was wrong. Please ask again.",
        authority="贵方查询服务曾对已受理的发票返回查无，证据如下，请核查。",
        what_would_change="A later query that does not find it again.",
        what_would_change_zh="后续查询再次查不到。",
    ),
    "E5": Words(
        title="This invoice is not ours: {reference} is not among what we issued.",
        title_zh="该发票并非由我方开具：{reference} 不在我方记录中。",
        remedy="Tell the customer; if the paper bears the name of a merchant of ours, report it as forged.",
        remedy_zh="请告知客户；若票面为我方商户名称，请按虚假发票上报。",
        call="bihuan why {reference} --json",
        owner="FINANCE",
        customer="该发票不是我们开具的，请核对号码，或向提供发票的一方核实。",
        customer_en="We did not issue this invoice; please check the number, or ask whoever gave it to you.",
        authority="有人持所列号码向我方查询，我方无该发票记录，如系伪造请核查。",
        what_would_change="A record of ours under that number.",
        what_would_change_zh="我方查到该号码的记录。",
    ),
}
