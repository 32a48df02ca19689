"""Terms that explain themselves wherever they stand: a dotted line below, the meaning on hover, click or Enter."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QCursor,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextDocument,
    QTextFrameFormat,
    QTextLayout,
    QTextOption,
    QWhatsThisClickedEvent,
)
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QToolTip, QVBoxLayout, QWidget

from gpulab.ui.lab.words import said
from gpulab.viewmodels.glossary import SCHEME, Term, glossary

_WIDTH = 320
_PAGE = "page:"
_BELOW = 2.0
"""How far below the letters the dotted line stands, in pixels."""


class TermLabel(QLabel):
    """A label whose terms are links to the glossary. `text` is what was set, without the links.

    Where there are no terms it takes no keys. `link_pressed` carries every other link.
    """

    link_pressed = Signal(str)

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source, self._format, self._linking = "", Qt.TextFormat.PlainText, True
        self._lines: list[tuple[QPointF, QPointF]] | None = None
        self._flags = Qt.TextInteractionFlag.NoTextInteraction
        super().setTextFormat(Qt.TextFormat.RichText)
        self.linkActivated.connect(self._pressed)
        self.linkHovered.connect(self._hovered)
        self.setText(text)

    def text(self) -> str:
        """What was set."""
        return self._source

    def setText(self, text: str) -> None:
        """Shows `text`, in the format that was chosen, its terms marked."""
        self._source = text
        self._show()

    def setTextFormat(self, format: Qt.TextFormat) -> None:
        """How what is set is meant; what is shown is rich text always."""
        if format != self._format:
            self._format = format
            self._show()

    def setTextInteractionFlags(self, flags: Qt.TextInteractionFlag) -> None:
        """What else can be done with the text; links can be reached wherever there are some."""
        self._flags = flags
        self._show()

    def set_linking(self, linking: bool) -> None:
        """Whether terms are marked: the first paint must not wait for the glossary."""
        if linking != self._linking:
            self._linking = linking
            self._show()

    def terms(self) -> tuple[str, ...]:
        """The keys of the terms that are marked."""
        shown = super().text()
        return tuple(part.split('"', 1)[0] for part in shown.split(f'<a href="{SCHEME}')[1:])

    def changeEvent(self, event: QEvent) -> None:
        """The terms have the colour of the text around them, in every theme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The lines break elsewhere now."""
        super().resizeEvent(event)
        self._lines = None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the dotted lines, which rich text knows no word for, below what the label draws."""
        super().paintEvent(event)
        if self._lines is None:
            self._lines = self._measured()
        if not self._lines:
            return
        painter = QPainter(self)
        pen = QPen(QColor(self.palette().link().color()), 1.2)
        pen.setDashPattern((1.0, 2.0))
        painter.setPen(pen)
        for begin, end in self._lines:
            painter.drawLine(begin, end)
        painter.end()

    def _show(self) -> None:
        is_rich = self._format == Qt.TextFormat.RichText
        html = self._source if is_rich else escape(self._source).replace("\n", "<br>")
        if self._linking and self._source:
            html = glossary().linked(html, f"color:{self.palette().windowText().color().name()}; text-decoration:none")
        self._lines = None
        flags = self._flags
        if "<a " in html:  # else Tab would stop at every sentence
            flags |= Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        if super().textInteractionFlags() != flags:
            super().setTextInteractionFlags(flags)
        if super().text() != html:
            super().setText(html)

    def _pressed(self, link: str) -> None:
        if not link.startswith(SCHEME):
            self.link_pressed.emit(link)
            return
        term = glossary().terms.get(link.removeprefix(SCHEME))
        if term is not None:
            QToolTip.hideText()
            show_term(term, self, self._place_of(link))

    def _hovered(self, link: str) -> None:
        term = glossary().terms.get(link.removeprefix(SCHEME)) if link.startswith(SCHEME) else None
        if term is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(
                QCursor.pos(), f"<p><b>{escape(said(term.name))}</b>: {escape(said(term.text))}</p>", self
            )

    def _place_of(self, link: str) -> QPoint:
        """Below the mouse where it is on the label, else below the label's first line: the key was pressed."""
        under = self.mapFromGlobal(QCursor.pos())
        if self.rect().contains(under):
            return QCursor.pos() + QPoint(0, 12)
        return self.mapToGlobal(QPoint(0, min(self.height(), 2 * self.fontMetrics().height())))

    def _measured(self) -> list[tuple[QPointF, QPointF]]:
        """The lines below the terms, from a document laid out as the label lays out its own."""
        if f'href="{SCHEME}' not in super().text():
            return []
        document, area = QTextDocument(), self.contentsRect()
        option = QTextOption(self.alignment())
        wraps = self.wordWrap()
        option.setWrapMode(QTextOption.WrapMode.WordWrap if wraps else QTextOption.WrapMode.ManualWrap)
        document.setDefaultFont(self.font())
        document.setDefaultTextOption(option)
        document.setHtml(super().text())
        frame = QTextFrameFormat(document.rootFrame().frameFormat())
        frame.setMargin(0)
        document.rootFrame().setFrameFormat(frame)
        document.setTextWidth(area.width())
        free = max(0.0, area.height() - document.size().height())
        top = area.y() + (free / 2 if self.alignment() & Qt.AlignmentFlag.AlignVCenter else 0.0)
        return _below_terms(document, QPointF(area.x(), top))


def _below_terms(document: QTextDocument, origin: QPointF) -> list[tuple[QPointF, QPointF]]:
    found: list[tuple[QPointF, QPointF]] = []
    block = document.begin()
    while block.isValid():
        at = document.documentLayout().blockBoundingRect(block).topLeft() + origin
        pieces = block.begin()
        while not pieces.atEnd():
            piece = pieces.fragment()
            if piece.charFormat().anchorHref().startswith(SCHEME):
                begin = piece.position() - block.position()
                found += _below(block.layout(), begin, begin + piece.length(), at)
            pieces += 1
        block = block.next()
    return found


def _below(layout: QTextLayout, begin: int, end: int, at: QPointF) -> list[tuple[QPointF, QPointF]]:
    """A line for each row that the letters from `begin` to `end` stand in."""
    found = []
    for row in range(layout.lineCount()):
        line = layout.lineAt(row)
        first, last = max(begin, line.textStart()), min(end, line.textStart() + line.textLength())
        if first < last:
            y = at.y() + line.y() + line.ascent() + _BELOW
            left, right = (_x(line.cursorToX(place)) for place in (first, last))
            right = min(right, line.x() + line.naturalTextWidth())  # the space at a row's end is no part of the word
            found.append((QPointF(at.x() + left, y), QPointF(at.x() + right, y)))
    return found


def _x(found: object) -> float:
    """PySide returns the place and the cursor that it belongs to."""
    return float(found[0] if isinstance(found, tuple) else found)  # type: ignore[arg-type]


class TermCard(QFrame):
    """A term in full, over everything else until a click beside it or Esc. Its neighbours are a key away."""

    def __init__(self, term: Term, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("term")
        self.setProperty("card", True)
        self.name, self.meaning, self.here, self.see = QLabel(), QLabel(), QLabel(), QLabel()
        self.name.setProperty("heading", True)
        self.here.setProperty("muted", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(7)
        for label in (self.name, self.meaning, self.here, self.see):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.RichText if label is self.see else Qt.TextFormat.PlainText)
            column.addWidget(label)
        flags = Qt.TextInteractionFlag
        self.see.setTextInteractionFlags(flags.LinksAccessibleByMouse | flags.LinksAccessibleByKeyboard)
        self.see.linkActivated.connect(self._pressed)
        self.setFixedWidth(round(_WIDTH * QApplication.font().pointSizeF() / 10.0))
        self.show_term(term)

    def show_term(self, term: Term) -> None:
        """Another one in its place."""
        self.term = term
        self.setAccessibleName(said("Term: {name}").format(name=said(term.name)))
        self.setAccessibleDescription(f"{said(term.text)} {said(term.here)}")
        self.name.setText(said(term.name))
        self.meaning.setText(said(term.text))
        self.here.setText(said(term.here))
        self.see.setText("<br>".join(part for part in (see_also(term), _to_page(term)) if part))
        self.see.setVisible(bool(self.see.text()))
        column = self.layout()
        assert column is not None
        self.setFixedHeight(column.heightForWidth(self.width()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _pressed(self, link: str) -> None:
        if link.startswith(SCHEME):
            self.show_term(glossary().terms[link.removeprefix(SCHEME)])
            return
        over = self.parentWidget()
        self.close()
        ask_for_page(link.removeprefix(_PAGE), over)


def see_also(term: Term) -> str:
    """`See also: Loss, Token` with links, as rich text; empty where nothing is near."""
    known = glossary().terms
    links = (f'<a href="{SCHEME}{key}">{escape(said(known[key].name))}</a>' for key in term.see if key in known)
    return said("See also: {terms}").format(terms=", ".join(links)) if term.see else ""


def _to_page(term: Term) -> str:
    """The link to the term's place on the Learn page; none before a dialog, which would stay in front of it."""
    if QApplication.activeModalWidget() is not None:
        return ""
    return f'<a href="{_PAGE}{term.key}">{escape(said("Open the glossary"))}</a>'


def ask_for_page(key: str, over: QWidget | None) -> bool:
    """Asks the window that `over` belongs to for the glossary at the term `key`, as a link in a What's This does."""
    if over is None:
        return False
    window = over.window()
    while (parent := window.parentWidget()) is not None:
        window = parent.window()
    return QApplication.sendEvent(window, QWhatsThisClickedEvent(f"{SCHEME}{key}"))


def show_term(term: Term, over: QWidget, at: QPoint) -> TermCard:
    """Opens the card of `term` at the place `at` of the screen, inside the screen's edges."""
    card = TermCard(term, over)
    screen = over.screen().availableGeometry()
    x = max(screen.left(), min(at.x(), screen.right() - card.width()))
    y = at.y() if at.y() + card.height() <= screen.bottom() else max(screen.top(), at.y() - card.height() - 30)
    card.move(x, y)
    card.show()
    (card.see if card.see.text() else card).setFocus(Qt.FocusReason.PopupFocusReason)
    return card


def explain_terms(widgets: list[QWidget]) -> None:
    """Adds to each What's This the terms that it uses, as links; once, when somebody first asks What's This."""
    for widget in widgets:
        if not widget.whatsThis() or widget.property("explained"):
            continue
        widget.setProperty("explained", True)
        found = glossary().explained(_plain(widget.whatsThis()))
        told = "".join(
            f'<p><a href="{SCHEME}{one.key}">{escape(said(one.name))}</a>: {escape(said(one.text))}</p>'
            for one in found[:4]
        )
        widget.setWhatsThis(f"{widget.whatsThis()}{told}")


def _plain(html: str) -> str:
    document = QTextDocument()
    document.setHtml(html)
    return document.toPlainText()
