"""The management SDKs' clients, on transports of their own for each thread."""

import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any

from azure.core import AzureClouds
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.apimanagement import ApiManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resourcegraph import ResourceGraphClient

from apim_audit.collect.credential import KeptToken
from apim_audit.collect.pipeline import open_transport, policies
from apim_audit.collect.progress import Progress
from apim_audit.collect.request import Target

_IN_FLIGHT = 8
"""How many requests are under way at a time, whatever the number of threads."""

Connect = Callable[[], dict[str, Any]]
"""Returns the options that connect a client: policies of its own, and the thread's transport."""


class SubscriptionClients:
    """The clients of one subscription, for one thread.

    Each is made when it is asked for: that takes half a millisecond, and most threads need one of them only.
    """

    def __init__(self, subscription: str, target: Target, credential: KeptToken, connect: Connect) -> None:
        self.subscription = subscription
        self._target = target
        self._credential = credential
        self._connect = connect

    @cached_property
    def api_management(self) -> ApiManagementClient:
        """The client of Microsoft.ApiManagement."""
        return ApiManagementClient(
            self._credential, self.subscription, base_url=self._target.endpoint, **self._connect()
        )

    @cached_property
    def network(self) -> NetworkManagementClient:
        """The client of Microsoft.Network."""
        return NetworkManagementClient(
            self._credential,
            self.subscription,
            base_url=self._target.endpoint,
            # Names the defaults of what is given here anyway; without it the SDK reads an environment variable.
            cloud_setting=AzureClouds.AZURE_PUBLIC_CLOUD,
            **self._connect(),
        )


class _ThreadState(threading.local):
    """What belongs to one worker."""

    def __init__(self) -> None:
        self.transport: RequestsTransport | None = None
        self.of_subscription: SubscriptionClients | None = None
        self.graph: ResourceGraphClient | None = None


class Clients:
    """Makes the clients that a thread needs.

    A thread keeps those of one subscription only: a client takes a tenth of a megabyte, and there may be thousands of
    subscriptions.
    """

    def __init__(self, target: Target, credential: KeptToken, progress: Progress) -> None:
        self._target = target
        self._credential = credential
        self._progress = progress
        self._stop = threading.Event()
        self._places = threading.BoundedSemaphore(_IN_FLIGHT)
        self._state = _ThreadState()
        self._transports: list[RequestsTransport] = []

    def stop(self) -> None:
        """Ends all waiting, and lets no further request pass."""
        self._stop.set()

    def pause(self, seconds: float) -> None:
        """Waits, but not beyond the end of the run."""
        self._stop.wait(seconds)

    def close(self) -> None:
        """Closes the connections."""
        for transport in self._transports:
            transport.close()

    def of(self, subscription: str) -> SubscriptionClients:
        """Returns the clients of a subscription, for this thread."""
        state = self._state
        if state.of_subscription is None or state.of_subscription.subscription != subscription:
            state.of_subscription = SubscriptionClients(subscription, self._target, self._credential, self._connection)
        return state.of_subscription

    def graph(self) -> ResourceGraphClient:
        """Returns the client of Azure Resource Graph, for this thread."""
        state = self._state
        if state.graph is None:
            state.graph = ResourceGraphClient(
                self._credential,
                self._target.endpoint,
                cloud_setting=AzureClouds.AZURE_PUBLIC_CLOUD,
                **self._connection(),
            )
        return state.graph

    def _connection(self) -> dict[str, Any]:
        made = policies(self._target, self._credential, self._stop, self._progress)
        return {"policies": made, "transport": self._transport()}

    def _transport(self) -> RequestsTransport:
        if self._state.transport is None:
            self._state.transport = open_transport(self._stop, self._places)
            self._transports.append(self._state.transport)
        return self._state.transport
