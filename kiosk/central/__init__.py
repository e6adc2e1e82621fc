"""The reference central status API, for demonstrations, tests and a city's pilot."""
