"""What keeps a plan from being read."""


class PlanError(Exception):
    """A file is no plan that can be read.

    Attributes:
        problems: what is wrong, each as a phrase that follows the file's name.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
