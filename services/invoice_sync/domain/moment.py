"""How an instant is told to people: on Beijing's clock, which every authority keeps, and saying so."""

from datetime import datetime
from zoneinfo import ZoneInfo

_BEIJING = ZoneInfo("Asia/Shanghai")


def told(moment: datetime) -> tuple[str, str]:
    """An instant in English and in Chinese, to the second."""
    clock = moment.astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    return f"{clock} Beijing time", f"北京时间 {clock}"
