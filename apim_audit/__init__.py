"""Decides exactly whether the NSGs round Azure API Management let the required traffic through."""

__version__ = "0.1.0"
