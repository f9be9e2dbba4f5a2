"""Service tags for the demo: the names are Azure's, the address prefixes are made up and lie in no particular place."""

from apim_audit.snapshot import Document

_PREFIXES: dict[str, tuple[str, ...]] = {
    "ApiManagement": ("20.61.8.0/28", "40.113.8.64/28", "51.104.8.0/27", "2603:1020:206::/124"),
    "ApiManagement.NorthEurope": ("40.113.8.64/28",),
    "ApiManagement.WestEurope": ("20.61.8.0/28",),
    "AzureActiveDirectory": ("20.190.128.0/24", "40.126.0.0/24"),
    "AzureCloud": ("20.60.0.0/14", "20.190.128.0/24", "40.112.0.0/13", "51.104.0.0/15", "52.236.0.0/14"),
    "AzureCloud.northeurope": ("40.112.0.0/13",),
    "AzureCloud.westeurope": ("20.60.0.0/14", "52.236.0.0/14"),
    "AzureConnectors": ("20.61.24.0/27", "40.113.24.0/27"),
    "AzureConnectors.NorthEurope": ("40.113.24.0/27",),
    "AzureConnectors.WestEurope": ("20.61.24.0/27",),
    "AzureKeyVault": ("20.61.16.0/29", "40.113.16.0/29", "51.104.16.0/28"),
    "AzureKeyVault.NorthEurope": ("40.113.16.0/29",),
    "AzureKeyVault.WestEurope": ("20.61.16.0/29",),
    "AzureMonitor": ("20.61.32.0/25", "40.113.32.0/25", "51.104.32.0/26"),
    "AzureTrafficManager": ("40.113.40.0/28", "51.104.40.0/28"),
    "EventHub": ("20.61.48.0/26", "40.113.48.0/26", "51.104.48.0/27"),
    "EventHub.NorthEurope": ("40.113.48.0/26",),
    "EventHub.WestEurope": ("20.61.48.0/26",),
    "Sql": ("20.61.56.0/25", "40.113.56.0/25", "51.104.56.0/26"),
    "Sql.NorthEurope": ("40.113.56.0/25",),
    "Sql.WestEurope": ("20.61.56.0/25",),
    # As in Azure, part of the global tag belongs to no region and not to AzureCloud either.
    "Storage": ("20.60.64.0/22", "40.113.64.0/22", "52.239.64.0/23", "145.190.64.0/24"),
    "Storage.NorthEurope": ("40.113.64.0/22",),
    "Storage.WestEurope": ("20.60.64.0/22", "52.239.64.0/23"),
}

MANAGEMENT_ADDRESSES = tuple(prefix for prefix in _PREFIXES["ApiManagement"] if ":" not in prefix)
"""The control plane's IPv4 addresses, as somebody would copy them into a rule."""

PART_OF_STORAGE = "20.60.66.0/23"
"""Half of the first prefix of ``Storage.WestEurope``."""


def service_tag_answer(subscription: str) -> Document:
    """Returns the answer of the Service Tags list call."""
    return {
        "name": "public",
        "id": f"/subscriptions/{subscription}/providers/Microsoft.Network/serviceTags/public",
        "type": "Microsoft.Network/serviceTags",
        "changeNumber": "1",
        "cloud": "Public",
        "values": [_value(name, prefixes) for name, prefixes in _PREFIXES.items()],
    }


def _value(name: str, prefixes: tuple[str, ...]) -> Document:
    service, _, region = name.partition(".")
    return {
        "name": name,
        "id": name,
        "serviceTagChangeNumber": "1",
        "properties": {
            "changeNumber": "1",
            "region": region.lower(),
            "state": "GA",
            "systemService": "" if service == "AzureCloud" else service,
            "addressPrefixes": list(prefixes),
        },
    }
