"""The idle screen: camera picture with the codes in it, how to hold them, venue, clock, state of the connection."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from kivy.graphics import Color, Line
from kivy.graphics.texture import Texture
from kivy.lang import Builder
from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.widget import Widget

from kiosk.screens import hints, look, words
from kiosk.screens.model import PreviewFrame, PreviewMark, Reader, ScreenSettings, TerminalModel

Builder.load_file(str(Path(__file__).with_suffix(".kv")))

_MARKS_LAST_S = 1.0


class CameraPicture(Widget):  # type: ignore[misc]  # Kivy ships no types
    """The newest camera picture, whole, with a frame's corners over it that say where to hold the code."""

    texture = ObjectProperty(None, allownone=True)
    picture_pos = ListProperty([0, 0])
    picture_size = ListProperty([0, 0])
    unit = NumericProperty(4.8)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._number = -1
        with self.canvas.after:
            self._guide = Color(1, 1, 1, 0.9)
            self._corners = [Line(width=1) for _ in range(4)]
        self.bind(pos=self._place, size=self._place, unit=self._place)

    def take(self, frame: PreviewFrame | None) -> None:
        """Show a picture; None: there is no camera picture."""
        if frame is None:
            self.texture, self._number = None, -1
            return
        if frame.number == self._number:
            return
        self._number = frame.number
        size, colours = (frame.width, frame.height), "luminance" if frame.channels == 1 else "rgb"
        texture = self.texture
        if texture is None or texture.size != size or texture.colorfmt != colours:
            # One texture for all frames of a size: a new one each time fills the memory of the graphics chip.
            texture = Texture.create(size=size, colorfmt=colours)
            texture.flip_vertical()
        texture.blit_buffer(frame.pixels, colorfmt=colours, bufferfmt="ubyte")
        if self.texture is not texture:
            self.texture = texture
            self._place()
        self.canvas.ask_update()

    def mark(self, marks: Sequence[PreviewMark]) -> None:
        """Outline these codes; where there are any, the frame's corners step back."""
        self._guide.a = 0.3 if marks else 0.9
        self.ids.outlines.show(marks)

    def _place(self, *_: object) -> None:
        ratio = 16 / 9 if self.texture is None else self.texture.width / self.texture.height
        width = min(self.width, self.height * ratio)
        height = width / ratio
        left, bottom = self.center_x - width / 2, self.center_y - height / 2
        self.picture_pos, self.picture_size = [left, bottom], [width, height]
        side = min(width, height) * 0.62
        arm = side * 0.2
        for line, (right, up) in zip(self._corners, ((0, 0), (1, 0), (0, 1), (1, 1)), strict=True):
            x, y = self.center_x + (right - 0.5) * side, self.center_y + (up - 0.5) * side
            along, across = (-arm if right else arm), (-arm if up else arm)
            line.points = [x + along, y, x, y, x, y + across]
            line.width = max(1.0, self.unit * 0.5)


class Invitation(BoxLayout):  # type: ignore[misc]  # Kivy ships no types
    """What to do, in one language. detail: may be empty; then the title has all the room."""

    title = StringProperty()
    detail = StringProperty()
    ink = ColorProperty((*look.LIGHT_TEXT, 1))
    largest = NumericProperty(30)
    centred = BooleanProperty(defaultvalue=False)


class IdleScreen(FloatLayout):  # type: ignore[misc]  # Kivy ships no types
    """Waits for a visitor."""

    venue = StringProperty()
    clock = StringProperty()
    connection = StringProperty()
    hint = StringProperty()
    dot = ColorProperty((*look.OFFLINE, 1))
    connection_ink = ColorProperty((*look.FAINT_TEXT, 1))
    portrait = BooleanProperty(defaultvalue=False)
    by_camera = BooleanProperty(defaultvalue=True)
    unit = NumericProperty(4.8)

    def __init__(
        self,
        settings: ScreenSettings,
        preview: Callable[[], PreviewFrame | None],
        monotonic: Callable[[], float],
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)
        self._settings = settings
        self._preview, self._monotonic = preview, monotonic
        self._hinting = hints.Hinting()
        self._zone = ZoneInfo(settings.time_zone)
        names = dict.fromkeys(settings.venue_names[language] for language in settings.languages)
        self.venue = " · ".join(names)
        self._measure()
        self.bind(size=self._measure, by_camera=self._measure, hint=self._say)
        self.update(TerminalModel())
        self.tick()

    def update(self, terminal: TerminalModel) -> None:
        """Show the terminal's state."""
        self.connection = words.connection(terminal, self._settings.languages[0])
        self.connection_ink = (*(look.OFFLINE if terminal.needs_staff else look.FAINT_TEXT), 1)
        self.by_camera = terminal.reader == "camera"
        self.dot = (*(look.ONLINE if terminal.online else look.OFFLINE), 1 if terminal.online is not None else 0.4)

    def tick(self, *_: object) -> None:
        """Take the newest camera picture, and set the clock; called some times a second."""
        frame, at = self._preview(), self._monotonic()
        # A picture that has stopped says nothing of how a code is held now.
        marks = frame.marks if frame is not None and abs(at - frame.captured_at) <= _MARKS_LAST_S else ()
        self.ids.picture.take(frame)
        self.ids.picture.mark(marks)
        self._hinting = hints.step(self._hinting, hints.look_at(marks), at)
        self.hint = self._hinting.shown or ""
        self.clock = datetime.now(self._zone).strftime("%H:%M")

    def _measure(self, *_: object) -> None:
        self.portrait = self.height > self.width
        self.unit = min(self.width, self.height) / 100
        box = self.ids.invitation
        box.clear_widgets()
        for position in range(len(self._settings.languages)):
            centred = self.portrait or not self.by_camera
            box.add_widget(Invitation(centred=centred, size_hint_y=1 if position else 1.5))
        self._say()

    def _say(self, *_: object) -> None:
        """Invite, or tell how to hold the code that is in view."""
        languages = self._settings.languages
        reader: Reader = "camera" if self.by_camera else "scanner"
        blocks = words.hint(self.hint, languages) if self.hint else words.invitation(languages, reader)
        largest = (11, 8) if self.hint else (9, 6)
        # Kivy keeps the newest child first.
        for position, (part, block) in enumerate(zip(reversed(self.ids.invitation.children), blocks, strict=True)):
            part.title, part.detail = block.title, block.detail
            part.ink = (*(look.LOCATED if self.hint else look.LIGHT_TEXT), 1)
            part.largest = self.unit * largest[min(position, 1)]
