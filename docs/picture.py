"""Draw docs/screen.svg, the README's picture, from a real run on one of the fixtures."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from rich.console import Console

from newsclean.cleaning import Cleaner
from newsclean.cli import screen
from newsclean.library import Library, bundled
from newsclean.sources import read

ROOT = Path(__file__).parents[1]
ARTICLE = "fixtures/themoscowtimes.com/article-on-a-donation-drive-stays.txt"


def picture() -> str:
    """Return the picture as SVG."""
    source = read(ROOT / ARTICLE)
    article = Cleaner(Library([bundled()])).clean(source.text)
    console = Console(
        file=io.StringIO(), record=True, width=80, force_terminal=True, color_system="truecolor", legacy_windows=False
    )
    screen.draw(article, source=Path(ARTICLE).name, encoding=source.encoding, console=console)
    return console.export_svg(title=f"newsclean {Path(ARTICLE).name}", unique_id="newsclean")


if __name__ == "__main__":
    (ROOT / "docs" / "screen.svg").write_text(picture(), encoding="utf-8")
    sys.stdout.write("docs/screen.svg\n")
