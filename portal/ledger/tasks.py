"""Jobs of the books. Both are safe to run twice or late."""

from celery import shared_task
from django.utils import timezone

from portal.ledger import actions


@shared_task(name="ledger.close_batch")
def close_batch(**_: object) -> None:
    """Keep balances, so that reading one stays quick however long the books grow."""
    actions.close_batch(now=timezone.now())


@shared_task(name="ledger.prove_books")
def prove_books(**_: object) -> None:
    """Prove every invariant and show the result on the public page."""
    actions.prove_books(now=timezone.now())
