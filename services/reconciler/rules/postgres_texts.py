"""How PostgreSQL is made to compare texts as the other engines do. It changes no rule's meaning."""

from sqlglot import exp

_EDITS_MAX = 255  # characters that its LEVENSHTEIN takes


def compare_as_others(node: exp.Expr) -> exp.Expr:
    """Texts in the order of their bytes; what follows from a column keeps its order.

    A longer text is compared by its head: LEVENSHTEIN only sorts candidates out, and never one that Python would take.
    """
    if isinstance(node, exp.ColumnDef) and node.kind and node.kind.is_type("text"):
        by_bytes = exp.CollateColumnConstraint(this=exp.to_identifier("C", quoted=True))
        node.append("constraints", exp.ColumnConstraint(kind=by_bytes))
    if isinstance(node, exp.Levenshtein) and not isinstance(node.this, exp.Left):
        most = exp.Literal.number(_EDITS_MAX)
        heads = [exp.Left(this=text, expression=most.copy()) for text in (node.this, node.expression)]
        return exp.Levenshtein(this=heads[0], expression=heads[1])
    return node
