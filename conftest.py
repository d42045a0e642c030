"""For all tests of the workspace: hypothesis measures no time, since machines may be busy."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("polyspell", parent=settings(), deadline=None)
settings.load_profile("polyspell")
