"""What NVIDIA says its GPUs can multiply at most: dense peaks, without the sparsity that datasheets like to count on.

MFU is the share of this, as everywhere. A GPU that is not listed, or a data type that is not listed for it, has no MFU;
the measured ceilings (`gpulab.hardware.ceilings`) serve every device. Processors are not listed at all: how fast one
clocks under such work is on no datasheet.

Where datasheets give figures with sparsity only, the half stands here. `bf16` and `fp16` are summed up in 32 bits,
as PyTorch does; GeForce cards do that at half the rate that they are advertised with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

_A100 = "https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/a100/pdf/nvidia-a100-datasheet-us-nvidia-1758950-r4-web.pdf"
_A10 = "https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/a10/pdf/a10-datasheet.pdf"
_A40 = "https://images.nvidia.com/content/Solutions/data-center/a40/nvidia-a40-datasheet.pdf"
_H100 = "https://resources.nvidia.com/en-us-tensor-core/gtc22-whitepaper-hopper"
_H100_NVL = "https://www.nvidia.com/en-us/data-center/h100/"
_H200 = "https://www.nvidia.com/en-us/data-center/h200/"
_B200 = "https://nvdam.widen.net/s/wwnsxrhm2w/blackwell-datasheet-3384703"
_ADA = "https://images.nvidia.com/aem-dam/Solutions/Data-Center/l4/nvidia-ada-gpu-architecture-whitepaper-v2.1.pdf"
_L40S = "https://www.nvidia.com/en-us/data-center/l40s/"
_V100 = "https://images.nvidia.com/content/technologies/volta/pdf/volta-v100-datasheet-update-us-1165301-r5.pdf"
_T4 = "https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/tesla-t4/t4-tensor-core-datasheet-951643.pdf"
_AMPERE = "https://www.nvidia.com/content/PDF/nvidia-ampere-ga-102-gpu-architecture-whitepaper-v2.pdf"


class Peak(msgspec.Struct, frozen=True):
    """Dense peaks of one GPU in operations a second by data type, and the page (`source`) they are from."""

    gpu: str
    flops_per_s: Mapping[str, float]
    source: str


def _tera(**figures: float) -> dict[str, float]:
    return {name: figure * 1e12 for name, figure in figures.items()}


_PEAKS: tuple[tuple[tuple[str, ...], Peak], ...] = (
    (("B200",), Peak("B200", _tera(bf16=2250, fp16=2250), _B200)),
    (
        ("H200", "NVL"),
        Peak("H200 NVL", _tera(fp32=60, tf32=417.5, bf16=835.5, fp16=835.5, fp8=1670.5, int8=1670.5), _H200),
    ),
    (("H200",), Peak("H200 SXM", _tera(fp32=67, tf32=494.5, bf16=989.5, fp16=989.5, fp8=1979, int8=1979), _H200)),
    (
        ("H100", "NVL"),
        Peak("H100 NVL", _tera(fp32=60, tf32=417.5, bf16=835.5, fp16=835.5, fp8=1670.5, int8=1670.5), _H100_NVL),
    ),
    (("H100", "PCIe"), Peak("H100 PCIe", _tera(fp32=51.2, tf32=378, bf16=756, fp16=756, fp8=1513, int8=1513), _H100)),
    (
        ("H100", "HBM3"),
        Peak("H100 SXM", _tera(fp32=66.9, tf32=494.7, bf16=989.4, fp16=989.4, fp8=1978.9, int8=1978.9), _H100),
    ),
    (("A100",), Peak("A100", _tera(fp32=19.5, tf32=156, bf16=312, fp16=312, int8=624), _A100)),
    (("A10",), Peak("A10", _tera(fp32=31.2, tf32=62.5, bf16=125, fp16=125, int8=250), _A10)),
    (("A40",), Peak("A40", _tera(fp32=37.4, tf32=74.8, bf16=149.7, fp16=149.7, int8=299.3), _A40)),
    (("L40S",), Peak("L40S", _tera(fp32=91.6, tf32=183, bf16=362, fp16=362, fp8=733, int8=733), _L40S)),
    (("L40",), Peak("L40", _tera(fp32=90.5, tf32=90.5, bf16=181, fp16=181, fp8=362, int8=362), _ADA)),
    (("L4",), Peak("L4", _tera(fp32=30.3, tf32=60, bf16=121, fp16=121, fp8=242, int8=242), _ADA)),
    (("V100", "SXM2"), Peak("V100 SXM2", _tera(fp32=15.7, fp16=125), _V100)),
    (("V100", "PCIE"), Peak("V100 PCIe", _tera(fp32=14, fp16=112), _V100)),
    (("T4",), Peak("T4", _tera(fp32=8.1, fp16=65, int8=130), _T4)),
    (("RTX", "4090"), Peak("RTX 4090", _tera(fp32=82.6, tf32=82.6, bf16=165.2, fp16=165.2, int8=660.6), _ADA)),
    (("RTX", "4080"), Peak("RTX 4080", _tera(fp32=48.7, tf32=48.7, bf16=97.5, fp16=97.5, int8=389.9), _ADA)),
    (("RTX", "3090"), Peak("RTX 3090", _tera(fp32=35.6, tf32=35.6, bf16=71, fp16=71, int8=284), _AMPERE)),
    (("RTX", "3080"), Peak("RTX 3080", _tera(fp32=29.8, tf32=29.8, bf16=59.5, fp16=59.5, int8=238), _AMPERE)),
    (("RTX", "3070"), Peak("RTX 3070", _tera(fp32=20.3, tf32=20.3, bf16=40.6, fp16=40.6, int8=162.6), _AMPERE)),
)
"""Words of the driver's name for a GPU, all of which must stand in it, and what holds for it. The first that fits."""

_OTHERS = frozenset(("TI", "SUPER", "LAPTOP", "MAX-Q", "MOBILE", "MIG", "D"))
"""Words that make it another GPU, or a slice of one, than the one that the rest of its name says."""

_SHARED = re.compile(r"\d+[ABCQ]")
"""How a virtual GPU's name ends (A40-24Q): its memory and what it is meant for; others compute on the same board."""


def peak_of(device_name: str) -> Peak | None:
    """The peaks of the GPU that the driver calls so; None for whatever is not listed, processors included.

    Not listed is a slice or a share of a GPU too, and a card whose name only begins like one that is.
    """
    words = {word for part in device_name.upper().replace("/", " ").split() for word in (part, *part.split("-"))}
    if not words & {"NVIDIA", "TESLA"} or words & _OTHERS or any(map(_SHARED.fullmatch, words)):
        return None
    return next((peak for named, peak in _PEAKS if all(word.upper() in words for word in named)), None)
