"""The cells of a block's rows as columns under the header, and where each row stands. It knows no meaning."""

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

    def where(self, mask: pa.Array) -> "Cells":
        """The rows for which the mask holds."""
        if pc.all(mask).as_py() is not False:
            return self
        return Cells(*({name: column.filter(mask) for name, column in all_.items()} for all_ in self._both))

    @property
    def _both(self) -> tuple[dict[str, pa.Array], dict[str, pa.Array]]:
        return self._columns, self.places
