"""Checks that a method, ours or a user's, keeps the contract."""

from selftaught.testing.case import ExampleEncoder, LawBroken
from selftaught.testing.check import check_method
from selftaught.testing.processes import in_processes

__all__ = ["ExampleEncoder", "LawBroken", "check_method", "in_processes"]
