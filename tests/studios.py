"""A studio without its face, for tests: a small form, and an action that is waited for."""

from stemlab.widgets.studio_session import StudioSession

SMALL = {"stems": ["drums: kit", "bass: slap"], "bpm": 240, "bars": 2, "steps": 4}


def done(session: StudioSession, what: str, **details) -> StudioSession:
    """The session, after an action has come to its end."""
    session.do(what, **details)
    session.wait(60)
    return session
