// What an integrator writes against the types of our document: a payment in, and what became of its invoice.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const client = createClient<paths>({ baseUrl: "http://127.0.0.1:8080", headers: { Authorization: "Bearer bhk_…" } });

type Payment = components["schemas"]["payments.v1.Payment"];
type Reason = components["schemas"]["type.v1.ErrorReason"];

export async function record(): Promise<Payment | Reason> {
  const { data, error } = await client.POST("/v1/payments", {
    params: { header: { "Idempotency-Key": "pay-20260301-0001" } },
    body: {
      merchantId: "city-water",
      merchantOrderNo: "W-20260301-0001",
      channel: "wechat_pay",
      channelTxnNo: "4200002026030112345678901234",
      amount: { currencyCode: "CNY", amountMinor: "12800" },
      payTime: "2026-03-01T12:00:00+08:00",
    },
  });
  if (error) {
    return error.reason;
  }
  const payment = data.payment;
  if (!payment) {
    throw new Error("an answer without its payment");
  }
  return payment;
}

export async function stateOf(paymentId: string): Promise<Payment["state"]> {
  const { data, error } = await client.GET("/v1/payments/{payment_id}", { params: { path: { payment_id: paymentId } } });
  if (error || !data.payment) {
    throw new Error(error?.detail);
  }
  return data.payment.state;
}

export async function invoicesOf(paymentId: string): Promise<string[]> {
  const { data, error } = await client.GET("/v1/invoices", { params: { query: { paymentId, pageSize: 100 } } });
  if (error) {
    throw new Error(`${error.status} ${error.detail} ${error.errors.map((one) => one.field).join()}`);
  }
  return data.invoices.map((invoice) => invoice.invoiceId);
}

export async function wrong(): Promise<void> {
  // @ts-expect-error  the key that makes it repeatable is missing
  await client.POST("/v1/runs", { body: { channel: "wechat_pay", businessDate: "2026-03-01" } });
  // @ts-expect-error  there is no such path
  await client.GET("/v1/payment");
  // @ts-expect-error  a sum of money is no floating point number's business, and its currency is needed
  const amount: components["schemas"]["type.v1.MoneyInput"] = { amountMinor: true };
  // @ts-expect-error  there is no such reason
  const reason: Reason = "NO_SUCH_REASON";
  void [amount, reason];
}
