"""How a silent or refusing provider is told to the person who waits in front of the page."""

from collections.abc import Iterator
from contextlib import contextmanager

from portal.payments import gateway
from portal.payments.actions import ProviderIsSilent, ProviderRefused


@contextmanager
def refusing() -> Iterator[None]:
    """Turns `Unclear` and `CertainRefusal` of the gateway into refusals with a sentence."""
    try:
        yield
    except gateway.Unclear as error:
        raise ProviderIsSilent from error
    except gateway.CertainRefusal as error:
        raise ProviderRefused(reason=error) from error
