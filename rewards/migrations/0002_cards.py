"""A fresh portal has a rate card: nothing could be rated without one."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from rewards import defaults


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    defaults.install(apps.get_model("rewards", "RateCard"), apps.get_model("rewards", "ViewSource"))


class Migration(migrations.Migration):
    dependencies = [("rewards", "0001_initial")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
