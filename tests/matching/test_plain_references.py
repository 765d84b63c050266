import pyarrow as pa

from services.reconciler.matching.normalise import normal_references

WRITTEN = {
    "4200001234A": "4200001234A",
    "": "",
    None: "",
    "bh-2025 1101": "BH20251101",
    "`4200": "4200",
    "\uff14\uff12\uff10\uff10": "4200",
    "straße": "STRASSE",
    "A" * 300: "A" * 255,
    "a" * 300: "A" * 255,
}


def test_a_plain_reference_stays_and_any_other_becomes_plain_whatever_stands_beside_it():
    references = pa.chunked_array([pa.array([*WRITTEN], pa.string()), pa.array(["X1", None], pa.string())])

    normal = normal_references(references)

    expected = [*WRITTEN.values(), "X1", ""]
    assert normal.to_pylist()[:6] + normal.to_pylist()[7:] == expected[:6] + expected[7:]
    assert normal_references(pa.chunked_array([normal.combine_chunks()])).to_pylist() == normal.to_pylist()


def test_no_references_are_no_references():
    assert normal_references(pa.chunked_array([], pa.string())).to_pylist() == []
