"""Everything that can happen, as frozen values with dotted names. Never does anything about it.

One event feeds the log, the news hooks and the reports alike. Fields hold no secrets: no cookie value, no form field,
and URLs are stripped by the log's own door besides.
"""

from __future__ import annotations

from pytest_edgepool.events.browsers import BrowserEnded as BrowserEnded
from pytest_edgepool.events.browsers import BrowserGivenUp as BrowserGivenUp
from pytest_edgepool.events.browsers import BrowserRecycled as BrowserRecycled
from pytest_edgepool.events.browsers import BrowserStarted as BrowserStarted
from pytest_edgepool.events.browsers import DriverCalled as DriverCalled
from pytest_edgepool.events.browsers import MemoryShort as MemoryShort
from pytest_edgepool.events.browsers import RecyclingFailed as RecyclingFailed
from pytest_edgepool.events.browsers import WorkerWaited as WorkerWaited
from pytest_edgepool.events.event import Event as Event
from pytest_edgepool.events.orders import BugMet as BugMet
from pytest_edgepool.events.orders import CookiesRefused as CookiesRefused
from pytest_edgepool.events.orders import FileArrived as FileArrived
from pytest_edgepool.events.orders import LookAheadFailed as LookAheadFailed
from pytest_edgepool.events.orders import OrderBegun as OrderBegun
from pytest_edgepool.events.orders import OrderFinished as OrderFinished
from pytest_edgepool.events.orders import PageRead as PageRead
from pytest_edgepool.events.orders import TransferLearned as TransferLearned
from pytest_edgepool.events.orders import TryFailed as TryFailed
from pytest_edgepool.events.profiles import ProfileCloned as ProfileCloned
from pytest_edgepool.events.profiles import ProfileMended as ProfileMended
from pytest_edgepool.events.profiles import ProfileVerified as ProfileVerified
from pytest_edgepool.events.profiles import SessionHandedOver as SessionHandedOver
from pytest_edgepool.events.profiles import SessionKept as SessionKept
from pytest_edgepool.events.profiles import SessionLost as SessionLost
from pytest_edgepool.events.profiles import SlotLeased as SlotLeased
from pytest_edgepool.events.profiles import WorkerRetired as WorkerRetired
from pytest_edgepool.events.run import CleanupFailed as CleanupFailed
from pytest_edgepool.events.run import RunStopping as RunStopping
from pytest_edgepool.events.site import CircuitClosed as CircuitClosed
from pytest_edgepool.events.site import CircuitOpened as CircuitOpened
from pytest_edgepool.events.site import SiteLeftAlone as SiteLeftAlone
from pytest_edgepool.events.site import SiteProbed as SiteProbed
