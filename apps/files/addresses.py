"""Which machines the product may talk to: those of the open internet, and listed exceptions."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Address = IPv4Address | IPv6Address

NAT64 = ip_network("64:ff9b::/96")  # the last four bytes are the IPv4 address that is meant
INNER = [
    ip_network(text)
    for text in (
        "100.64.0.0/10",  # shared by a provider's customers; some clouds' metadata
        "168.63.129.16/32",  # Azure's own services, at an address that looks public
        "192.0.0.0/24", "2001::/23", "3fff::/20", "5f00::/16",  # set apart; one cloud's metadata
        "192.88.99.0/24", "2002::/16", "64:ff9b:1::/48",  # tunnels into elsewhere
        "::/96", "fec0::/10",  # long deprecated, still routed by some
    )
]  # fmt: skip


def parse(text: str) -> Address:
    """An address without its zone, and as the IPv4 address that it carries if it does."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_public(address: Address) -> bool:
    """Is it a machine that anybody on the internet could ask?"""
    special = (
        address.is_multicast, address.is_reserved, address.is_unspecified, address.is_loopback,
        address.is_link_local, address.is_private,
    )  # fmt: skip
    return address.is_global and not any(special) and not any(address in net for net in INNER)


@dataclass(frozen=True)
class Exceptions:
    """Machines that are not public and may be talked to all the same."""

    entries: tuple[str, ...] = ()  # names, addresses and networks

    @classmethod
    def of(cls, entries: Iterable[str]) -> "Exceptions":
        return cls(tuple(entry.lower() for entry in entries))

    def allow(self, host: str, address: Address) -> bool:
        return host.lower().rstrip(".") in self.entries or any(
            address in network for network in self._networks()
        )

    def _networks(self) -> list:
        found = []
        for entry in self.entries:
            try:
                found.append(ip_network(entry, strict=False))
            except ValueError:
                continue  # a name
        return found
