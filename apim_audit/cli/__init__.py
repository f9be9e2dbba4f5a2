"""The command line: argv in, text and exit status out; the only code that knows typer."""

from apim_audit.cli.main import main

__all__ = ["main"]
