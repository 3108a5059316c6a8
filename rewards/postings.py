"""What the books should hold of one clip and month: facts in, target balances out. No Django."""

from portal.ledger.chart import BUCKETS, rewards_expense


def reward(*, creator: str, currency: str, amount_minor: int, bucket: str | None) -> dict[str, int]:
    """Account code → minor units (debit +, credit −) for a reward in a bucket; empty when it was taken back.

    While a month runs nothing is posted; at its close the amount is pending, final it is available, doubted it is held.
    """
    if bucket is None or not amount_minor:
        return {}
    return {rewards_expense(currency): amount_minor, BUCKETS[bucket](creator, currency): -amount_minor}
