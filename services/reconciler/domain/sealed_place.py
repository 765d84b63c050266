"""What a sealed chunk is sealed for. It stores nothing."""

CHUNK_BYTES = 1024 * 1024


def of_file(file_sha256: str, chunk_no: int) -> bytes:
    """The place of a chunk of a file."""
    return f"statement_file_chunks:{file_sha256}:{chunk_no}".encode()


def of_upload(request_id: str, chunk_no: int) -> bytes:
    """The place of a chunk of an upload."""
    return f"statement_upload_chunks:{request_id}:{chunk_no}".encode()
