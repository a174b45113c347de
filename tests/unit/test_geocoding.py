"""The geocoder's client against a loopback server that behaves, and misbehaves, like it."""

import csv
import io
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import polars as pl
import pytest

from assets.land.register import to_geocode
from observatory.errors import InputError
from sources import CARDS
from sources.ban import geocoding
from tests.cleaning import NO_ROWS, clean_geolocated, clean_stock

ROWS = pl.DataFrame(
    {
        "siret": [f"{n:014d}" for n in range(5)],
        "address": ["1 RUE IMAGINAIRE"] * 5,
        "citycode": ["13001"] * 5,
    }
)


class Geocoder(BaseHTTPRequestHandler):
    """Answers a multipart CSV with result columns, after the faults that were asked for."""

    faults: ClassVar[list[str]] = []
    seen: ClassVar[list[list[dict[str, str]]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        fault = self.faults.pop(0) if self.faults else ""
        if fault.isdigit():
            self.send_response(int(fault))
            self.send_header("Retry-After", "0")
            self.send_header("content-length", "0")
            self.end_headers()
            return
        text = re.search(r'name="data".*?\r\n\r\n(.*?)\r\n--', body, re.DOTALL)
        assert text is not None
        assert 'name="columns"' in body
        assert 'name="citycode"' in body
        rows = list(csv.DictReader(io.StringIO(text[1])))
        type(self).seen.append(rows)
        told = {"longitude": "5.4", "latitude": "43.5", "result_score": "0.93",
                "result_type": "housenumber", "result_citycode": "13001"}  # fmt: skip
        out = io.StringIO()
        kept = rows[:-1] if fault == "short" else rows
        columns = [*rows[0], *({} if fault == "bare" else told)]
        writer = csv.DictWriter(out, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows({**row, **told} for row in kept)
        answer = out.getvalue().encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.setattr(geocoding, "BATCH", 2)
    Geocoder.faults, Geocoder.seen = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Geocoder)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}/search/csv"
    yield CARDS["ban/geocoding"].model_copy(
        update={"address": CARDS["ban/geocoding"].address.model_copy(update={"url": url})}
    )
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_addresses_are_sent_in_batches_and_answers_kept(card: object, tmp_path: Path) -> None:
    path = geocoding.geocode(ROWS, card, tmp_path / "a.csv")  # type: ignore[arg-type]
    found = pl.read_csv(path, infer_schema=False)
    assert found["siret"].to_list() == ROWS["siret"].to_list()
    assert set(found["result_type"]) == {"housenumber"}
    assert [len(batch) for batch in Geocoder.seen] == [2, 2, 1]
    assert set(Geocoder.seen[0][0]) == {"siret", "address", "citycode"}


def test_a_busy_geocoder_is_asked_again(card: object, tmp_path: Path) -> None:
    Geocoder.faults = ["503", "429"]
    path = geocoding.geocode(ROWS, card, tmp_path / "a.csv")  # type: ignore[arg-type]
    assert pl.read_csv(path).height == 5


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("400", "answered 400"), ("short", "does not hold the 2"), ("bare", "result columns")],
)
def test_another_answer_is_one_clear_error(
    card: object, tmp_path: Path, fault: str, expected: str
) -> None:
    Geocoder.faults = [fault]
    with pytest.raises(InputError, match=expected):
        geocoding.geocode(ROWS, card, tmp_path / "a.csv")  # type: ignore[arg-type]


def test_only_open_active_establishments_without_a_place_are_sent() -> None:
    stock = pl.DataFrame(
        {
            "siret": ["a", "b", "c", "d", "e"],
            "diffusion": ["O", "P", "O", "O", "O"],
            "is_active": [True, True, False, True, True],
            "own_x_m": [None, None, None, 1.0, None],
            "street": ["RUE A"] * 5,
            "street_number": ["1", "1", "1", "1", None],
            "commune_code": ["13001"] * 5,
        }
    )
    placed = pl.DataFrame({"siret": ["z"], "quality_code": ["11"]})
    found = to_geocode(stock, placed)
    assert found["siret"].to_list() == ["a", "e"]
    assert found["address"].to_list() == ["1 RUE A", "RUE A"]
    absent = clean_stock(NO_ROWS).rows, clean_geolocated(NO_ROWS).rows
    assert to_geocode(*absent).is_empty()
