"""The Hardware page: the machine live, its ceilings, where a step's time goes, where the memory is."""

from gpulab.ui.hardware.now_tab import NowTab
from gpulab.ui.hardware.page import HardwarePage
from gpulab.ui.hardware.tab import HardwareTab

__all__ = ["HardwarePage", "HardwareTab", "NowTab"]
