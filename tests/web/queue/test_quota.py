"""What is stored is counted once; two uploads do not both get the last room."""

from __future__ import annotations

import os

import pytest

from mien.web.queue.folders import Folders
from mien.web.queue.quota import Quota, QuotaFull, size_of
from mien.web.queue.tables import Role


@pytest.fixture
def home(queue, tmp_path):
    """A project of somebody, with 300 bytes in it, and folders."""
    account = queue.accounts.add("Ann", Role.WORKER, "a long password").id
    project = queue.projects.add("Own", owner=account)
    folders = Folders(tmp_path)
    folders.open_project(project.id)
    original = folders.project(project.id) / "originals" / ("a" * 32)
    original.write_bytes(bytes(300))
    os.link(original, original.with_name("b" * 32))
    (folders.project(project.id) / "uploads" / "x").write_bytes(bytes(5000))
    return folders, queue, project, account


def test_a_file_with_two_names_is_counted_once_and_what_arrives_not_at_all(home):
    folders, _, project, _ = home
    assert size_of(folders.project(project.id)) == 300
    assert size_of(folders.data / "nothing") == 0


def test_the_smaller_of_two_quotas_counts(home):
    folders, store, project, account = home
    each = Quota(folders, store, None, 1000)
    assert (each.used_by(account), each.left(project)) == (300, 700)
    whole = size_of(folders.data) + 50
    assert Quota(folders, store, whole, 1000).left(project) == 50
    store.accounts.set_quota(account, 400)
    assert Quota(folders, store, None, 1000).left(project) == 100
    assert Quota(folders, store, None, None).left(store.projects.all()[0]) is None


def test_what_is_coming_takes_room_until_it_is_there(home):
    folders, store, project, _ = home
    quota = Quota(folders, store, None, 1000)
    with quota.room(project, 500):
        assert quota.left(project) == 200
        with pytest.raises(QuotaFull, match="of the quota are left"):
            with quota.room(project, 201):
                pass
    assert quota.left(project) == 700
    with pytest.raises(QuotaFull):
        with quota.room(project, 701):
            pass
    with quota.room(project, 700) as left:
        assert left == 700
        with pytest.raises(QuotaFull):  # one that does not say how large it is
            with quota.room(project, None):
                pass


def test_what_does_not_say_how_large_it_is_gets_all_that_is_left_alone(home):
    folders, store, project, _ = home
    quota = Quota(folders, store, None, 1000)
    with quota.room(project, None) as left:
        assert left == 700
        with pytest.raises(QuotaFull):
            with quota.room(project, None):
                pass
