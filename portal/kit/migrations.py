"""The first migration of an app, done at once."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# What is part of the tables once the last operation is known, and needs no step of its own.
PARTS = (migrations.AddField, migrations.AddIndex, migrations.AddConstraint, migrations.AlterUniqueTogether)


class FirstMigration(migrations.Migration):
    """Creates every table of the app as it is at the end of the operations, instead of changing each several times.

    Django renders all related models again after each operation, and here all are related to the user: with a hundred
    models that is most of the time that a fresh database takes. `initial = True`, and operations of schema alone;
    anything else is done one by one, as Django does it.
    """

    def apply(
        self, project_state: ProjectState, schema_editor: BaseDatabaseSchemaEditor, collect_sql: bool = False
    ) -> ProjectState:
        if collect_sql or not self.is_plain:
            return super().apply(project_state, schema_editor, collect_sql)
        before = project_state.clone()
        # Rendered anew below, once, when the first table asks for its model.
        project_state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(self.app_label, project_state)
        for operation in self.operations:
            if isinstance(operation, migrations.CreateModel):
                operation.database_forwards(self.app_label, schema_editor, before, project_state)
        return project_state

    @property
    def is_plain(self) -> bool:
        def is_part(operation: Operation) -> bool:
            return isinstance(operation, (migrations.CreateModel, *PARTS))

        own = {operation.name_lower for operation in self.operations if isinstance(operation, migrations.CreateModel)}
        parts = [operation for operation in self.operations if isinstance(operation, PARTS)]
        return (
            bool(self.initial)
            and all(is_part(operation) for operation in self.operations)
            and all(_model_of(part) in own for part in parts)
        )


def _model_of(operation: Operation) -> str:
    name = getattr(operation, "model_name", None) or getattr(operation, "name", "")
    return str(name).lower()
