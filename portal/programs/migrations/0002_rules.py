"""A fresh portal has rules: nobody could take part without them."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

from portal.programs import defaults


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    defaults.install(
        timezone.now(),
        policy_model=apps.get_model("programs", "Policy"),
        region_rule_model=apps.get_model("programs", "RegionRule"),
    )


class Migration(migrations.Migration):
    dependencies = [("programs", "0001_initial")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
