import time
from pathlib import Path

from celery import shared_task


@shared_task(name="tests.take_time")
def take_time(*, diary: str, seconds: float, **_: object) -> None:
    with Path(diary).open("a") as file:
        file.write("began\n")
        file.flush()
        time.sleep(seconds)
        file.write("finished\n")
