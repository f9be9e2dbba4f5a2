"""The requirements as dated baselines, kept as TOML files, and the names of the service tags that Azure knows."""

from apim_audit.catalogue.loader import load_catalogue, read_catalogue

__all__ = ["load_catalogue", "read_catalogue"]
