"""A fresh shop has terms: no link could be made without them."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from shop import defaults


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    defaults.install(apps.get_model("shop", "ShopTerms"))


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
