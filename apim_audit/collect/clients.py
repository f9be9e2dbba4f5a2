"""The management SDKs' clients, on transports of their own for each thread."""

import threading
from dataclasses import dataclass

from azure.core import AzureClouds
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.apimanagement import ApiManagementClient
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resourcegraph import ResourceGraphClient

from apim_audit.collect.credential import KeptToken
from apim_audit.collect.pipeline import open_transport, policies
from apim_audit.collect.progress import Progress
from apim_audit.collect.request import Target


@dataclass(frozen=True, slots=True)
class SubscriptionClients:
    """The clients of one subscription."""

    subscription: str
    api_management: ApiManagementClient
    network: NetworkManagementClient


class _ThreadState(threading.local):
    """What belongs to one worker."""

    def __init__(self) -> None:
        self.transport: RequestsTransport | None = None
        self.of_subscription: SubscriptionClients | None = None
        self.graph: ResourceGraphClient | None = None


class Clients:
    """Makes the clients that a thread needs.

    A thread keeps those of one subscription only: a client takes a tenth of a megabyte and half a millisecond, and
    there may be thousands of subscriptions.
    """

    def __init__(self, target: Target, credential: KeptToken, progress: Progress) -> None:
        self._target = target
        self._credential = credential
        self._progress = progress
        self._stop = threading.Event()
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
            state.of_subscription = self._connected(subscription, self._transport())
        return state.of_subscription

    def graph(self) -> ResourceGraphClient:
        """Returns the client of Azure Resource Graph, for this thread."""
        state = self._state
        if state.graph is None:
            state.graph = ResourceGraphClient(
                self._credential,
                self._target.endpoint,
                cloud_setting=AzureClouds.AZURE_PUBLIC_CLOUD,
                policies=self._policies(),
                transport=self._transport(),
            )
        return state.graph

    def _transport(self) -> RequestsTransport:
        if self._state.transport is None:
            self._state.transport = open_transport(self._stop)
            self._transports.append(self._state.transport)
        return self._state.transport

    def _policies(self) -> list[object]:
        return policies(self._target, self._credential, self._stop, self._progress)

    def _connected(self, subscription: str, transport: RequestsTransport) -> SubscriptionClients:
        return SubscriptionClients(
            subscription,
            ApiManagementClient(
                self._credential,
                subscription,
                base_url=self._target.endpoint,
                policies=self._policies(),
                transport=transport,
            ),
            NetworkManagementClient(
                self._credential,
                subscription,
                base_url=self._target.endpoint,
                # Names the defaults of what is given here anyway; without it the SDK reads an environment variable.
                cloud_setting=AzureClouds.AZURE_PUBLIC_CLOUD,
                policies=self._policies(),
                transport=transport,
            ),
        )
