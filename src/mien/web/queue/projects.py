"""Projects: clips that belong together."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from sqlalchemy import delete, func, select, update

from mien.web.queue.database import Database
from mien.web.queue.tables import Job, Project


class Projects:
    """The list of projects.

    Parameters
    ----------
    database : Database
        Where it is kept.
    clock : callable
        Seconds since 1970.
    """

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database, self._clock = database, clock

    def all(self) -> Sequence[Project]:
        """All projects, oldest first."""
        with self._database.reading() as session:
            return session.scalars(select(Project).order_by(Project.created, Project.id)).all()

    def first(self, name: str) -> Project:
        """The oldest project; made if there is none."""
        found = self.all()
        return found[0] if found else self.add(name)

    def get(self, project: str) -> Project | None:
        """One project; None if there is none of that id."""
        with self._database.reading() as session:
            return session.get(Project, project)

    def add(self, name: str, id: str | None = None, owner: str | None = None) -> Project:
        """A new project; with an id where its folder is there already, and an account if it is
        somebody's."""
        project = Project(
            id=id or secrets.token_hex(8), name=name, created=self._clock(), owner=owner
        )
        with self._database.writing() as session:
            session.add(project)
        return project

    def rename(self, project: str, name: str) -> None:
        """Call a project something else."""
        self._database.change(update(Project).where(Project.id == project).values(name=name))

    def remove(self, project: str) -> bool:
        """Forget a project that holds nothing and is not the only one."""
        return self._database.change(
            delete(Project).where(
                Project.id == project,
                ~select(Job.id).where(Job.project_id == project).exists(),  # every clip has one
                select(func.count(Project.id)).scalar_subquery() > 1,
            )
        )
