"""What the cases of fixtures/ must come to, reviewed by hand against the definition of the verdicts.

Each check of the baseline that is neither compliant nor not-applicable, with its verdict and, unless it is none, its
severity; one text a location, primary first, instances by id. An update of the expected reports cannot change it.
"""

_IN_UNKNOWN = (
    "client-https:unknown:undecided client-http:unknown management:unknown:undecided load-balancer:unknown:undecided"
)
_OUT_UNKNOWN = "storage:unknown:undecided sql:unknown:undecided key-vault:unknown:undecided"
_ALL_UNKNOWN = f"{_IN_UNKNOWN} {_OUT_UNKNOWN}"
_DEFAULTS = "storage:default-only:warning sql:default-only:warning key-vault:default-only:warning"
_NO_NSG = (
    "nsg-attached:missing:error client-https:missing:error client-http:missing:note management:missing:error "
    f"load-balancer:missing:error {_DEFAULTS}"
)
_DENIED_BEFORE_UNREAD = (
    "client-https:blocked:error client-http:blocked:note management:blocked:error load-balancer:unknown:undecided "
    f"{_OUT_UNKNOWN}"
)
_NO_NSG_ADMIN = _NO_NSG.replace("load-balancer:missing", "load-balancer:blocked")
_NO_NSG_STV1 = (
    "nsg-attached:missing:warning client-https:default-only:warning client-http:default-only "
    "management:default-only:warning load-balancer:default-only "
    "storage:default-only:warning sql:default-only:warning"
)
_IN_BLOCKED = "client-https:blocked:error client-http:blocked:note management:blocked:error load-balancer:blocked:error"
_NARROWED = "client-https:partial:note client-http:blocked:note"
_OPTIONAL_OUT = "entra-id:blocked:note connectors:blocked:note event-hub:blocked:note"
_GROUP_UNKNOWN = "cache-external-outbound:unknown cache-internal-outbound:unknown rate-limit-outbound:unknown"
_NOTHING_OPTIONAL = (
    f"machine-health:blocked:note dns:blocked:error {_OPTIONAL_OUT} cache-external-inbound:blocked:note "
    "cache-external-outbound:blocked:note cache-internal-inbound:blocked:note cache-internal-outbound:blocked:note "
    "rate-limit-inbound:blocked:note rate-limit-outbound:blocked:note"
)

_CACHES = (
    "cache-external-inbound:blocked:note cache-external-outbound:blocked:note cache-internal-inbound:blocked:note "
    "cache-internal-outbound:blocked:note rate-limit-inbound:blocked:note rate-limit-outbound:blocked:note"
)
_ONLY_REQUIRED = f"machine-health:blocked:note dns:default-only {_OPTIONAL_OUT} {_CACHES}"
_FORCED = "management-return-path:missing:error service-endpoints:missing:note"
_DIVERTED = (
    "client-https:unknown:undecided client-http:unknown machine-health:blocked:note certificates:unknown:undecided "
    f"dns:default-only {_OPTIONAL_OUT} {_CACHES} {_FORCED}"
)
_DIVERTED_WITHOUT_TAGS = (
    "machine-health:blocked:note dns:default-only entra-id:unknown connectors:unknown event-hub:blocked:note "
    f"{_CACHES} {_FORCED}"
)
_EITHER_ROUTE = f"{_ONLY_REQUIRED} management-return-path:unknown:undecided service-endpoints:unknown"

REVIEWED: dict[str, tuple[str, ...]] = {
    "admin-rules-nsg-not-given": (_DENIED_BEFORE_UNREAD,),
    "admin-rules-passed-on": (_IN_BLOCKED,),
    "admin-rules-pinned": ("management:pinned:warning",),
    "admin-rules-without-nsg": (_NO_NSG_ADMIN,),
    "allowed-to-be-unknown": (_ALL_UNKNOWN,),
    "azure-cloud": ("",),
    "baseline-2026-04": (_NOTHING_OPTIONAL,),
    "blocked": ("management:blocked:error",),
    "clients-narrowed": (_NARROWED,),
    "compliant": ("",),
    "default-only": (_DEFAULTS,),
    "deny-virtual-network": ("management:unknown:undecided load-balancer:blocked:error",),
    "dns-denied-by-name": (_NOTHING_OPTIONAL,),
    "duplicate-id": (_ALL_UNKNOWN,),
    "duplicate-id-same": ("",),
    "equal-priorities": ("management:unknown:undecided",),
    "fail-on-error": (_DEFAULTS,),
    "fail-on-note": (_NARROWED,),
    "gateway-disabled": ("", ""),
    "good-beside-bad": (f"nsg-attached:unknown:undecided {_ALL_UNKNOWN}", ""),
    "hostile-names": ("management:blocked:error",),
    "known-gaps": ("management:blocked:error",),
    "missing": ("management:missing:error",),
    "misspelt-tag": ("key-vault:unknown:undecided",),
    "misspelt-without-effect": ("",),
    "no-nsg-stv1": (_NO_NSG_STV1,),
    "no-nsg-stv2": (_NO_NSG,),
    "no-nsg-undetermined": (_NO_NSG,),
    "no-tags": ("sql:unknown:undecided",),
    "no-vnet": ("", "", ""),
    "not-applicable": ("",),
    "nothing": (),
    "nsg-forbidden": (_ALL_UNKNOWN,),
    "nsg-not-given": (_ALL_UNKNOWN,),
    "other-types": (),
    "partial": ("storage:partial:error",),
    "peering-not-in-sync": ("management:blocked:error",),
    "pinned": ("management:pinned:warning",),
    "port-typo": ("sql:default-only:warning",),
    "regional-key-vault": ("key-vault:partial:warning",),
    "route-widens-vnet": ("management:missing:error",),
    "routes-of-one-prefix": (_EITHER_ROUTE,),
    "routes-partly-diverted": (_DIVERTED,),
    "routes-without-tags": (_DIVERTED_WITHOUT_TAGS,),
    "rule-not-succeeded": ("management:unknown:undecided",),
    "rule-not-understood": (_IN_UNKNOWN,),
    "security-group": (f"dns:default-only {_OPTIONAL_OUT} {_GROUP_UNKNOWN}",),
    "shape-graph-answer": ("",),
    "shape-list-answer": ("",),
    "shape-list-truncated": ("",),
    "shape-ndjson": ("",),
    "shape-resource": ("",),
    "shape-snapshot": ("",),
    "shape-stdin": ("",),
    "source-port-mistaken": ("management:partial:error",),
    "source-ports": ("management:partial:warning",),
    "spelling": ("",),
    "stv1-developer": ("load-balancer:partial:note",),
    "stv1-premium": ("load-balancer:partial:error",),
    "stv2.1": ("",),
    "subnet-without-vnet": ("",),
    "swapped": ("storage:default-only:warning",),
    "tags-of-another-cloud": ("sql:unknown:undecided",),
    "two-locations": ("", "sql:partial:error"),
    "undetermined": ("load-balancer:unknown:undecided key-vault:blocked:error",),
    "unknown-address-less-rule": (_OUT_UNKNOWN,),
    "v2-injection": ("",),
    "v2-integration": ("key-vault:blocked:error",),
    "waived": ("management:blocked:error",),
    "waiver-expired": ("management:blocked:error",),
    "workspace-gateway": ("client-vnet:partial:note", "", ""),
}
