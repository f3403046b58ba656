"""What a check found: each with a code, a severity, a place, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from newsclean.model import Place
from newsclean.syntax import pointed


class Severity(StrEnum):
    """How much a finding matters: an error fails the check; the others are told."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or looks so, in a rule file or a fixture.

    `code` is a word or several with hyphens, such as `bare-ends`; `# newsclean: allow CODE` silences it. `column`
    counts characters from 1; 0 if the finding is of the whole line, or of the file where `place.line` is 0. `source` is
    the line that it points into, `remedy` a sentence on what to do.
    """

    code: str
    severity: Severity
    place: Place
    message: str
    remedy: str = ""
    column: int = 0
    source: str = ""

    def __str__(self) -> str:
        column = f":{self.column}" if self.column else ""
        line = f"{self.place}{column}" if self.place.line else self.place.file
        said = f"{line}: {self.message}" + (f"; {self.remedy}" if self.remedy else "")
        if not (self.source and self.column):
            return said
        return f"{said}\n{pointed(self.source, self.column)}"
