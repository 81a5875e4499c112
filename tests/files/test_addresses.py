"""Which machines count as public, and which exceptions somebody may list."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.files.addresses import Exceptions, is_public, parse
from audiophile import env


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.100.100.200", "224.0.0.1", "255.255.255.255",
        "240.0.0.1", "192.0.0.192", "168.63.129.16", "198.18.0.1", "::1", "::", "fe80::1",
        "fe80::1%eth0", "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
        "2002:7f00:1::", "2001:0:7f00:1::", "::7f00:1", "2001:db8::1",
    ],
)  # fmt: skip
def test_inner_addresses_are_not_public(address):
    assert not is_public(parse(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822"])
def test_others_are(address):
    assert is_public(parse(address))


def test_exceptions_are_names_and_networks():
    exceptions = Exceptions.of(["192.168.1.0/24", "NAS.local"])
    assert exceptions.allow("x", parse("192.168.1.7"))
    assert exceptions.allow("nas.local", parse("10.0.0.1"))
    assert not exceptions.allow("other.local", parse("192.168.2.7"))


@pytest.mark.parametrize("text", ["192.168.1.0/33", "10.0.0", "nas local", "http://nas"])
def test_a_malformed_exception_stops_the_start(text, monkeypatch):
    monkeypatch.setenv("AUDIOPHILE_OUTGOING_ALLOW", f"nas.local, ::1, {text}")
    with pytest.raises(ImproperlyConfigured, match="AUDIOPHILE_OUTGOING_ALLOW"):
        env.hosts("AUDIOPHILE_OUTGOING_ALLOW")
