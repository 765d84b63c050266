"""`bihuan why`: what a program is given, and what a person reads first."""

import io

from rich.console import Console

from cli.show import diagnosis_json, diagnosis_table

FOUND = {
    "cause": "D2",
    "title": "acknowledged and not there",
    "titleZh": "已受理未入库",
    "confidence": "CONFIDENCE_PROVED",
    "evidence": [
        {
            "source": "attempt",
            "rowId": "att_1",
            "occurTime": "2026-03-01T04:00:00Z",
            "fact": "attempt 1: sent: ACCEPTED",
            "factZh": "第 1 次调用：发送：结果 ACCEPTED",
        }
    ],
    "action": "ACTION_WAIT",
    "remedy": "wait",
    "remedyZh": "等待",
    "remedyCall": "GET /v1/invoices/inv_1/attempts",
    "owner": "AUTOMATIC",
    "textCustomer": "我们正在重新上传",
    "textAuthority": "请核查",
    "whatWouldChange": "a query that finds it",
    "invoiceId": "inv_1",
    "suggestion": "26427000000012345678",
}


def test_a_program_gets_the_same_keys_whatever_the_cause_is():
    least = {"cause": "A1", "confidence": "CONFIDENCE_LIKELY", "action": "ACTION_REQUEST_INVOICE", "remedy": "ask"}

    full, bare = diagnosis_json(FOUND), diagnosis_json(least)

    must = ["cause", "confidence", "evidence", "remedy", "text_customer", "text_authority"]
    assert list(full) == list(bare) == [*must, "action", "invoice_id", "suggestion", "what_would_change"]
    assert (full["confidence"], bare["evidence"], bare["text_authority"]) == ("proved", [], "")
    assert list(full["evidence"][0]) == ["source", "row_id", "occur_time", "fact", "fact_zh", "trace_id"]
    assert full["action"] == {"kind": "WAIT", "call": "GET /v1/invoices/inv_1/attempts", "owner": "AUTOMATIC"}


def test_a_person_reads_first_what_was_probably_meant():
    shown = io.StringIO()

    Console(file=shown, width=160).print(diagnosis_table(FOUND))

    lines = shown.getvalue().splitlines()
    assert "did you mean" in lines[2]
    assert "26427000000012345678?" in lines[2]
    assert "did you mean" not in str(diagnosis_table({**FOUND, "suggestion": ""}).columns)
