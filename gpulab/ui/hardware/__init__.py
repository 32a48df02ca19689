"""The Hardware page: the machine live, its ceilings, where a step's time goes, where the memory is."""

from gpulab.ui.hardware.ceilings_tab import CeilingsTab
from gpulab.ui.hardware.measuring import Surroundings
from gpulab.ui.hardware.memory_tab import MemoryTab
from gpulab.ui.hardware.now_tab import NowTab
from gpulab.ui.hardware.page import HardwarePage
from gpulab.ui.hardware.profile_head import AtWork, ProfileHead
from gpulab.ui.hardware.step_tab import StepTab
from gpulab.ui.hardware.tab import HardwareTab

__all__ = [
    "AtWork",
    "CeilingsTab",
    "HardwarePage",
    "HardwareTab",
    "MemoryTab",
    "NowTab",
    "ProfileHead",
    "StepTab",
    "Surroundings",
]
