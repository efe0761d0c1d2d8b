"""prompt_toolkit's application, as the screen wants it."""

from typing import Final

from prompt_toolkit.application import Application
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout import Layout
from prompt_toolkit.styles import Style

from chatd_client.screen.colours import STYLE, depth
from chatd_client.screen.terminal_input import drop_replies
from chatd_client.settings import Settings

#: Seconds between two redraws.
FRAME_TIME: Final = 1 / 30
#: Seconds until an Escape is no beginning of another key.
ESCAPE_TIME: Final = 0.1


def application(layout: Layout, bindings: KeyBindings, settings: Settings) -> Application[None]:
    """Of the terminal of prompt_toolkit's session."""
    app: Application[None] = Application(
        layout=layout,
        key_bindings=bindings,
        style=Style.from_dict(STYLE),
        color_depth=depth(settings.coloured()),
        full_screen=True,
        mouse_support=settings.mouse,
        enable_page_navigation_bindings=False,
        min_redraw_interval=FRAME_TIME,
    )
    # Escape alone: Alt with a key, as Escape and the key, comes in one packet even over a slow link.
    app.ttimeoutlen = ESCAPE_TIME
    drop_replies(app.input)
    return app
