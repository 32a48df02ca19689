"""Datasheets: the driver's names lead to dense peaks, and what is not surely known has none."""

from __future__ import annotations

import pytest

from gpulab.hardware.datasheet import _PEAKS, peak_of


@pytest.mark.parametrize(
    ("name", "gpu", "tera"),
    [
        ("NVIDIA H100 80GB HBM3", "H100 SXM", 989.4),
        ("NVIDIA H100 PCIe", "H100 PCIe", 756),
        ("NVIDIA H100 NVL", "H100 NVL", 835.5),
        ("NVIDIA H200", "H200 SXM", 989.5),
        ("NVIDIA H200 NVL", "H200 NVL", 835.5),
        ("NVIDIA A100-SXM4-80GB", "A100", 312),
        ("NVIDIA A100-PCIE-40GB", "A100", 312),
        ("NVIDIA A100 80GB PCIe", "A100", 312),
        ("NVIDIA L4", "L4", 121),
        ("NVIDIA L40", "L40", 181),
        ("NVIDIA L40S", "L40S", 362),
        ("NVIDIA GeForce RTX 4090", "RTX 4090", 165.2),
        ("NVIDIA GeForce RTX 3080", "RTX 3080", 59.5),
    ],
)
def test_a_name_leads_to_its_dense_peak(name: str, gpu: str, tera: float) -> None:
    peak = peak_of(name)
    assert peak is not None
    assert peak.gpu == gpu
    assert peak.flops_per_s["bf16"] == pytest.approx(tera * 1e12)


@pytest.mark.parametrize(
    "name",
    [
        "Intel(R) Xeon(R) Processor",
        "AMD Instinct MI300X",
        "NVIDIA A100-SXM4-40GB MIG 1g.5gb",
        "NVIDIA GeForce RTX 3080 Ti",
        "NVIDIA GeForce RTX 4090 Laptop GPU",
        "NVIDIA GeForce RTX 4090 D",
        "NVIDIA A10G",
        "NVIDIA A40-24Q",
        "NVIDIA GH200 480GB",
        "NVIDIA H100",
        "",
    ],
)
def test_what_is_not_surely_known_has_no_peak(name: str) -> None:
    assert peak_of(name) is None


def test_peaks_are_dense_and_have_a_page() -> None:
    """Half as many bits are about twice as fast; a figure with sparsity among dense ones would be four times."""
    for _, peak in _PEAKS:
        assert peak.source.startswith("https://")
        speeds = peak.flops_per_s
        assert 1e12 < min(speeds.values()) <= max(speeds.values()) < 1e16
        if "tf32" in speeds and "bf16" in speeds:
            assert 1.9 < speeds["bf16"] / speeds["tf32"] < 2.1, peak.gpu
        if "fp8" in speeds:
            assert 1.9 < speeds["fp8"] / speeds["bf16"] < 2.1, peak.gpu
