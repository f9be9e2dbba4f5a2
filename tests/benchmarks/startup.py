"""Starting: ``--version`` and ``--help`` beside what importing typer takes. ``python -m tests.benchmarks.startup``"""

from tests.benchmarks.measuring import PROGRAM, python, show, times_of

RUNS = 11


def main() -> None:
    """Prints the table, in milliseconds."""
    commands = {
        "python -c pass": python("pass"),
        "python -c 'import typer'": python("import typer"),
        "apim-audit --version": (*PROGRAM, "--version"),
        "apim-audit --help": (*PROGRAM, "--help"),
        "apim-audit check --help": (*PROGRAM, "check", "--help"),
    }
    taken = {name: times_of(command, RUNS) for name, command in commands.items()}
    typer = taken["python -c 'import typer'"].cpu
    show(
        ["process", "CPU", "wall", "CPU / import typer"],
        [(name, times.cpu, times.wall, times.cpu / typer) for name, times in taken.items()],
    )


if __name__ == "__main__":
    main()
