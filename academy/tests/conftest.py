from datetime import datetime
from pathlib import Path

import pytest

from academy.actions import import_course
from academy.models import Course

SHIPPED = Path(__file__).resolve().parent.parent / "data" / "cc-cert-core" / "contents"


@pytest.fixture
def course(db: None, noon: datetime) -> Course:
    """The shipped course, imported."""
    return import_course(folder=SHIPPED, slug="creative-commons", attribution="By Creative Commons.", now=noon).course
