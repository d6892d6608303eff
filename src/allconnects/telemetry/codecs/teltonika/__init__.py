"""Teltonika: FMB, FMC, FMM, FMT, FM, GH and kin, over TCP and UDP."""

from .codec import CODEC

__all__ = ["CODEC"]
