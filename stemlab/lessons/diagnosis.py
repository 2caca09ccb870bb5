"""Find the bug: something is broken, curves, pictures and sounds are given, and the reader names what it must be.

Lesson: 00_start_here.ipynb
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """A planted defect.

    Attributes:
        exercise: its number in the lesson.
        defect: the letter of what is broken.
        against: for each other suspect, by letter, what in the evidence speaks against it.
        told: what the reader is told who has found it.
    """

    exercise: int
    defect: str
    against: dict[str, str]
    told: str

    def judge(self, answer: str | None) -> None:
        """Say whether it is found.

        Args:
            answer: the letter of a suspect, None while the exercise is open.
        Raises:
            AssertionError: another suspect, with what speaks against it; or no suspect at all.
        """
        suspects = sorted([self.defect, *self.against])
        if answer is None:
            print(f"Exercise {self.exercise} is still open: name one suspect, such as {suspects[0]!r}.")
            return
        letter = str(answer).strip().upper()
        assert letter in suspects, f"The suspects are {', '.join(suspects)}; this is {answer!r}."
        assert letter == self.defect, f"Not {letter}. {self.against[letter]}"
        print(f"[ok] {letter}. {self.told}")
