"""Which hosts are public, as they are written; what may be written down of an address."""

import ipaddress

import pytest

from observatory.errors import InputError
from sources.reach import is_inside, is_public, plain, require_public
from sources.web import refuse_astray, without_secrets
from tests.faults.reach import INSIDE

HERE = "https://public.test/a"
NO_ADDRESS = """
    file:///etc/passwd ftp://public.test/a nothing //public.test/ https:///a https:public.test
    https://public.test:0/ https://public.test:99999/ https://public.test:x/ javascript:1
    http://public.test/in-the-clear
"""
SPECIAL = """
    0.1.2.3 10.1.2.3 100.64.0.1 127.0.0.1 169.254.0.1 172.31.0.1 192.168.0.1 224.0.0.1 239.1.1.1
    240.0.0.1 255.255.255.255 :: ::1 ::ffff:10.0.0.1 ::ffff:193.51.24.1 64:ff9b::10.0.0.1
    64:ff9b:1::1 100::1 2001:db8::1 2001::1 2002:7f00:1:: fc00::1 fe80::1 fe80::1%lo fec0::1 ff02::1
"""


@pytest.mark.parametrize("host", [*INSIDE, "127.0.0.1", "localhost", "[::1]"])
def test_no_public_host_points_inside_however_it_is_written(host: str) -> None:
    with pytest.raises(InputError, match="refused"):
        refuse_astray(HERE, f"https://{host}/x")


@pytest.mark.parametrize(
    "url",
    [
        "https://data.geopf.fr/wfs/ows?bbox=1,2",
        "https://data.geopf.fr:8443/a\u00e9",
        "https://data.geopf.fr./a",
        "https://files.data.gouv.fr/geo-dvf/latest/csv/2025/departements/2A.csv.gz",
        "https://193.51.24.1/a",
        "https://[2001:660::1]/a",
    ],
)
def test_public_hosts_are_plain(url: str) -> None:
    assert not is_inside(plain(url).hostname or "")
    refuse_astray(HERE, url)


@pytest.mark.parametrize("url", ["", *NO_ADDRESS.split()])
def test_what_is_no_address_of_a_producer_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="refused"):
        refuse_astray(HERE, url)


@pytest.mark.parametrize("address", SPECIAL.split())
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["193.51.24.1", "8.8.8.8", "2001:660::1", "64:ff9b::193.51.24.1"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_one_answer_inside_is_enough_to_refuse_a_name() -> None:
    require_public("public.test", ["193.51.24.1", "2001:660::1"])
    with pytest.raises(InputError, match=r"public.test leads inside this network \(10.0.0.1\)"):
        require_public("public.test", ["193.51.24.1", "10.0.0.1"])
    require_public("localhost", ["127.0.0.1", "::1"])
    with pytest.raises(InputError, match="leads inside"):
        require_public("localhost", ["127.0.0.1", "10.0.0.1"])


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.test/f?year=2026&x=é", "https://a.test/f?year=2026&x=é"),
        ("https://a.test/f?api_key=K&year=2026", "https://a.test/f?year=2026"),
        ("https://a.test/f?X-Amz-Signature=S#t", "https://a.test/f"),
        ("https://me:word@a.test:8443/f", "https://a.test:8443/f"),
        ("https://[::1/f?token=t", "an address that cannot be read"),
    ],
)
def test_no_name_password_or_key_of_an_address_is_written_down(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
