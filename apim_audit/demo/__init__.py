"""A small estate of our own and the embedded ARM endpoint that serves it; the tests use the same endpoint.

Importing this package is cheap: the server, its certificate and the SDK load when the demo runs.
"""

from apim_audit.snapshot import Snapshot

__all__ = ["demo_snapshot"]


def demo_snapshot(taken_at: str, *, features: bool = False, observed: bool = False) -> Snapshot:
    """Reads the demo's estate from its embedded endpoint, through the same code as a live audit.

    It works without a network. Nobody's credentials are used: while it runs, the process's environment holds no
    variable that azure-identity, a proxy or a password file could be found by. The environment is restored afterwards.

    Args:
        taken_at: the time to note in the snapshot, ISO 8601 in UTC to the second.
        features: what makes optional rows necessary too.
        observed: the network status of the services too.

    Raises:
        NoAuditError: the endpoint on loopback could not be read.
    """
    from apim_audit.demo.showing import show  # noqa: PLC0415  (the SDK is slow to import)

    return show(taken_at, features=features, observed=observed)
