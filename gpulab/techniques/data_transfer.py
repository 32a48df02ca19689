"""Data transfer (A5): where the training text waits, and how each batch reaches the device."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from gpulab.spec.experiment import Settings
from gpulab.spec.plan import Plan
from gpulab.spec.setting import about
from gpulab.techniques.base import Technique
from gpulab.techniques.needs import nvidia_gpu, slow_on_cpu


class DataTransferSettings(Settings, frozen=True):
    text: Annotated[
        Literal["device", "pageable", "pinned"],
        about(
            "Text",
            "On the device is the reference: nothing travels. From the computer's memory, each batch is sent when it "
            "is needed. From pinned memory, the next batch travels while the GPU works on this one.",
            labels={
                "device": "On the device",
                "pageable": "Sent batch by batch",
                "pinned": "Sent ahead, from pinned memory",
            },
        ),
    ] = "pageable"


class DataTransfer(Technique):
    name = "data_transfer"
    card = "A5"
    label = "Data transfer"
    summary = "Keeps the training text in the computer's memory and sends each batch to the device."
    promise = "The GPU's memory is free of the text; sent ahead from pinned memory, a batch costs no waiting."
    risk = "Sent only when needed, every batch makes the GPU wait; pinned memory is taken from everything else."
    sources = (
        "PyTorch: non_blocking and pin_memory(), https://docs.pytorch.org/tutorials/intermediate/pinmem_nonblock.html",
    )
    Settings = DataTransferSettings
    needs = {"text": {"pinned": nvidia_gpu}}
    cautions = {"text": {"pageable": slow_on_cpu("transfer_pays_on_gpu_only")}}

    def edit_plan(self, plan: Plan) -> Plan:
        return msgspec.structs.replace(plan, data_transfer=self.settings.text)
