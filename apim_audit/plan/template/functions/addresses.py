"""CIDR functions (Azure documentation, ``template-functions-cidr``, 2024-06-20)."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from apim_audit.plan.template.functions.registry import Function, family, integer, text
from apim_audit.plan.template.values import ExpressionError, Value

Network = IPv4Network | IPv6Network


def _network(value: Value) -> Network:
    try:
        return ip_network(text(value), strict=False)
    except ValueError:
        message = "a text is no address range in CIDR notation"
        raise ExpressionError(message) from None


def _parse(arguments: list[Value]) -> Value:
    network = _network(arguments[0])
    found: dict[str, Value] = {"network": str(network.network_address), "netmask": str(network.netmask)}
    if isinstance(network, IPv4Network):
        found["broadcast"] = str(network.broadcast_address)
    first, last = _usable(network)
    return found | {"firstUsable": first, "lastUsable": last, "cidr": network.prefixlen}


def _usable(network: Network) -> tuple[str, str]:
    # Only IPv4 networks of more than two addresses keep one for the network and one for the broadcast.
    kept = 1 if isinstance(network, IPv4Network) and network.num_addresses > 2 else 0  # noqa: PLR2004
    return str(network[kept]), str(network[-1 - kept])


def _subnet(arguments: list[Value]) -> Value:
    network, length, number = _network(arguments[0]), integer(arguments[1]), integer(arguments[2])
    if not network.prefixlen <= length <= network.max_prefixlen or not 0 <= number < 2 ** (length - network.prefixlen):
        message = "cidrSubnet asks for a subnet that the network does not hold"
        raise ExpressionError(message)
    start = int(network.network_address) + number * 2 ** (network.max_prefixlen - length)
    return str(type(network)((start, length)))


def _host(arguments: list[Value]) -> Value:
    network, number = _network(arguments[0]), integer(arguments[1])
    kept = 1 if isinstance(network, IPv4Network) and network.num_addresses > 2 else 0  # noqa: PLR2004
    if not 0 <= number < network.num_addresses - 2 * kept:
        message = "cidrHost asks for a host that the network does not hold"
        raise ExpressionError(message)
    return str(network[number + kept])


ADDRESSES = family(
    Function("parseCidr", _parse, 1, 1),
    Function("cidrSubnet", _subnet, 3, 3),
    Function("cidrHost", _host, 2, 2),
)
"""The CIDR functions by their folded names."""
