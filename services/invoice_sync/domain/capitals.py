"""An amount in Chinese capitals (大写金额), as invoices and cheques have it. It reads and writes nothing else.

By the rules of 票据法's 正确填写票据和结算凭证的基本规定: digits and units are written out, runs of zeros within a
section as one 零, and 整 closes what has no 分.
"""

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_UNITS = ((100_000_000, "亿"), (10_000, "万"))


def in_capitals(amount_minor: int) -> str:
    """The capitals of an amount in fen (CNY); （负数） stands before one that is below zero."""
    yuan, fen = divmod(abs(amount_minor), 100)
    text = (f"{_whole(yuan)}圆" if yuan else "") + _fraction(fen, has_yuan=yuan > 0)
    sign = "（负数）" if amount_minor < 0 else ""
    return f"{sign}{text or '零圆整'}"


def _whole(number: int) -> str:
    for unit, name in _UNITS:
        high, low = divmod(number, unit)
        if high:
            # A zero is spoken where the digit behind the unit is one.
            between = "零" if 0 < low < unit // 10 else ""
            return _whole(high) + name + between + (_whole(low) if low else "")
    return _section(number)


def _section(number: int) -> str:
    text, passed_over = "", False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if digit:
            text += ("零" if passed_over and text else "") + _DIGITS[digit] + _PLACES[place]
        passed_over = not digit
    return text


def _fraction(fen: int, *, has_yuan: bool) -> str:
    if not fen:
        return "整" if has_yuan else ""
    jiao, left = divmod(fen, 10)
    text = f"{_DIGITS[jiao]}角" if jiao else ("零" if has_yuan else "")
    return text + (f"{_DIGITS[left]}分" if left else "整")
