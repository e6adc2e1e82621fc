"""What a technician may set: YAML with exact places, typed settings, and every problem at once."""

from config.admission import AdmissionRules
from config.load import Loaded, check, json_schema, load, shipped
from config.model import Settings
from config.problems import ConfigurationError, Problem
from config.secrets import SecretError, read_secret

__all__ = [
    "AdmissionRules",
    "ConfigurationError",
    "Loaded",
    "Problem",
    "SecretError",
    "Settings",
    "check",
    "json_schema",
    "load",
    "read_secret",
    "shipped",
]
