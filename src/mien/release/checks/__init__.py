"""The last checks of a release, one a file; `mien.release.inspection` asks them all."""
