"""Large CSV files as Arrow record batches that DuckDB reads once, while other threads decompress and parse.

pyarrow takes half of the time of DuckDB's own CSV reader where a third of the columns is wanted.
"""

from __future__ import annotations

import queue
import re
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import duckdb
import pyarrow as pa
import pyarrow.csv

from pipeline.quoting import quote
from pipeline.readers.text import DAMAGED

ARROW_TYPES = {"INTEGER": pa.int32(), "SMALLINT": pa.int16(), "DOUBLE": pa.float64(), "VARCHAR": pa.string()}
_PARSERS = 2
_WAITING = 4
# Bytes. What pyarrow splits before it converts column after column then stays in the processor's cache: a sixth less time
# than with whole blocks.
_SPLIT_AT_ONCE = 1 << 20
# A quote that neither begins nor ends a value, and is not one of two that stand for one
_STRAY_QUOTE = re.compile(rb'(?<![,\r\n"])"(?![,\r\n"]|\Z)(?<!\A")')


class Records:
    """The wanted columns of CSV files, in the order of files and lines.

    ``files`` are the decompressed pieces of each file, which begins with a header line; ``header`` its columns, ``kinds``
    wanted column -> DuckDB type. ``damage`` says what is wrong
    with the files' compression, ``refused`` whether a line or value could not be read.
    """

    parses = True

    def __init__(self, files: list[Iterator[bytes]], header: list[str], kinds: dict[str, str]):
        self._header, self._kinds = header, kinds
        self._schema = pa.schema([(column, ARROW_TYPES[kind]) for column, kind in kinds.items()])
        self._parsed: queue.Queue = queue.Queue(_WAITING)
        self._unread, self._stopped = threading.Event(), threading.Event()
        self._begun, self._released = threading.Event(), threading.Event()
        self._failure: BaseException | None = None
        self.refused = False
        self._thread = threading.Thread(target=self._decompress, args=(files,), daemon=True)
        self._thread.start()

    @property
    def damage(self) -> str | None:
        """What is wrong with the compressed files, as far as they were read."""
        error = self._failure
        return f"{type(error).__name__}: {error}" if isinstance(error, DAMAGED) else None

    def finish(self) -> None:
        """Read the files to their end, for their checksums, though nobody reads the records any more."""
        self._unread.set()
        self._thread.join()

    def reader(self) -> pa.RecordBatchReader:
        """The records as an Arrow stream. To be asked for and read once."""
        batches = self._batches()
        weakref.finalize(batches, self._released.set)
        return pa.RecordBatchReader.from_batches(self._schema, batches)

    def stop(self) -> None:
        """End the threads, wherever they are, and the stream with an error if it was not read to its end."""
        self._stopped.set()
        self.finish()

    def wait(self) -> None:
        """Wait until DuckDB has let the stream go: the interpreter must not end while a thread of DuckDB is in it, which
        may be so for a moment after an interrupted query.
        """
        if self._begun.is_set():
            self._released.wait(10)

    def _decompress(self, files: list[Iterator[bytes]]) -> None:
        with ThreadPoolExecutor(_PARSERS) as parsers:
            try:
                for pieces in files:
                    for block in _whole_lines(pieces):
                        if self._stopped.is_set():
                            return
                        if not self._unread.is_set():
                            self._hand_over(parsers.submit(self._parse, block))
            except Exception as error:  # told by the thread that reads the batches
                self._failure = error
            finally:
                self._hand_over(None)

    def _hand_over(self, future: Future | None) -> None:
        while not self._unread.is_set():
            try:
                return self._parsed.put(future, timeout=0.2)
            except queue.Full:
                continue

    def _batches(self) -> Iterator[pa.RecordBatch]:
        self._begun.set()
        while (future := self._next()) is not None:
            try:
                table = future.result()
            except (pa.ArrowInvalid, duckdb.Error):
                self.refused = True
                raise
            yield from table.to_batches()
        if self._failure:
            raise self._failure

    def _next(self) -> Future | None:
        while True:
            try:
                return self._parsed.get(timeout=0.2)
            except queue.Empty:
                if self._unread.is_set():
                    raise EOFError("the records were not read to their end") from None

    def _parse(self, block: bytes) -> pa.Table:
        quotes = block.count(b'"')
        if stray := quotes and _STRAY_QUOTE.search(block):
            raise pa.ArrowInvalid(f"CSV parse error: a quote within a value: {_before(stray)}")
        try:
            table = self._read(block, {field.name: field.type for field in self._schema})
        except pa.ArrowInvalid:
            # Numbers that DuckDB reads and Arrow does not, such as 5.0 and those with blanks around them
            text = self._read(block, dict.fromkeys(self._kinds, pa.string()))
            casts = ", ".join(f"{_cast(column, kind)} AS {quote(column)}" for column, kind in self._kinds.items())
            with duckdb.connect() as con:
                con.register("text_block", text)
                table = con.execute(f"SELECT {casts} FROM text_block").fetch_arrow_table().cast(self._schema)
        # A quote that is not closed in its line swallows the lines up to the next quote.
        if quotes % 2 or quotes and table.num_rows != sum(map(bool, block.splitlines())):
            raise pa.ArrowInvalid("CSV parse error: a value in quotes that goes on in the next line")
        return table

    def _read(self, block: bytes, types: dict[str, pa.DataType]) -> pa.Table:
        return pyarrow.csv.read_csv(
            pa.BufferReader(block),
            pyarrow.csv.ReadOptions(use_threads=False, block_size=_SPLIT_AT_ONCE, column_names=self._header),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=types, include_columns=list(types), null_values=[""], strings_can_be_null=True
            ),
        ).combine_chunks()


def _cast(column: str, kind: str) -> str:
    """The value as ``kind``; 72.6 is no whole number, which DuckDB would round."""
    value = quote(column)
    if kind not in ("INTEGER", "SMALLINT"):
        return f"{value}::{kind}"
    told = f"concat('Could not convert string ', chr(39), {value}, chr(39), ' to {kind}, source column {column}')"
    is_whole = f"{value} IS NULL OR TRY_CAST({value} AS {kind}) = TRY_CAST({value} AS DOUBLE)"
    return f"CASE WHEN {is_whole} THEN {value}::{kind} ELSE error({told}) END"


def _before(stray: re.Match, shown: int = 60) -> str:
    """The end of a line's text up to a stray quote."""
    end = stray.end()
    return stray.string[max(end - shown, stray.string.rfind(b"\n", 0, end) + 1) : end].decode(errors="replace")


def _whole_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks that end with a line, without the header line."""
    rest, started = b"", False
    for piece in pieces:
        end = piece.rfind(b"\n") + 1
        if not end:
            rest += piece
            continue
        block, rest = b"".join((rest, memoryview(piece)[:end])), piece[end:]
        if not started:
            started, block = True, block[block.index(b"\n") + 1 :]
        if block:
            yield block
    if rest:
        yield rest
