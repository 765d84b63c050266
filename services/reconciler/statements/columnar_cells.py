"""The cells of a block's rows as columns under the header, and where each row stands. It knows no meaning."""

from functools import reduce

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]


class Cells:
    """Some rows of a block, in its order; `places` are line_no, byte_offset and byte_size."""

    def __init__(self, columns: dict[str, pa.Array], places: dict[str, pa.Array]) -> None:
        self._columns, self.places = columns, places

    def __len__(self) -> int:
        return len(self.places["line_no"])

    def __contains__(self, header: str) -> bool:
        return header in self._columns

    def text(self, header: str) -> pa.Array:
        """What stands in this column; "" if the file does not have the column."""
        return self._columns[header] if header in self._columns else self.all("", pa.string())

    def all(self, value: object, kind: pa.DataType) -> pa.Array:
        """The same value for each row."""
        return pa.repeat(pa.scalar(value, kind), len(self))

    def where(self, *masks: pa.Array) -> "Cells":
        """The rows for which each mask holds."""
        if all(pc.all(mask).as_py() for mask in masks):
            return self
        mask = reduce(pc.and_, masks)
        columns, places = (
            {name: column.filter(mask) for name, column in of.items()} for of in (self._columns, self.places)
        )
        return Cells(columns, places)
