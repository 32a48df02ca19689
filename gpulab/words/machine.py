"""Sentences for what this machine cannot do."""

SENTENCES = {
    "no_display": "there is no display here. `gpulab demo --out DIR` shows the window in pictures; `gpulab run FILE` "
    "needs none.",
    "no_such_device": "{device} is not on this machine. Devices here: {devices}.",
    "needs_nvidia_gpu": "needs an NVIDIA GPU; this machine has none.",
    "needs_compute_capability": "needs an NVIDIA GPU of compute capability {needed}; this one has {found}.",
    "needs_compute_capability_none": "needs an NVIDIA GPU of compute capability {needed}; this machine has none.",
    "needs_compiler": "needs a C++ compiler, which PyTorch builds the fused code with; install one, for example with "
    "`sudo apt install g++`.",
    "needs_python_headers": "needs Python's own header files (Python.h); install them, for example with "
    "`sudo apt install python3-dev`.",
    "transfer_pays_on_gpu_only": "on a processor the text already is where it is needed: nothing to gain here.",
    "cuda_graphs_on_gpu_only": "CUDA graphs exist on GPUs only: here this mode does what the default does.",
    "float8_training_simulated": "a simulation: numbers are rounded to 8 bits, but multiplied in more. It shows what "
    "float8 does to learning, and is slower than computing without.",
    "bf16_slow_here": "this processor has no bf16 units (AMX), so bf16 will not be faster here.",
    "fp16_slow_on_cpu": "processors compute fp16 slowly: expect a slower training here. It pays on a GPU.",
    "int8_slow_uncompiled": "smaller at once, but not faster here: on a processor PyTorch unpacks the 8 bits again.",
    "zeros_multiplied": "a simulation: zeros are multiplied like any other weight, so nothing gets faster.",
    "bits_simulated": "a simulation: each weight is rounded to these few bits but stored in 8, so the file is about as "
    "large as with 8 bits, and no faster.",
    "float8_simulated": "a simulation of the arithmetic: weights are stored in float8, the file is smaller, but it is "
    "computed in 32 bits and no faster.",
    "nccl_needs_linux": "several GPUs train together on Linux only: PyTorch's NCCL is not made for other systems.",
    "more_workers_than_gpus": "{workers} workers need {workers} GPUs; this machine has {gpus}.",
    "more_workers_than_cores": "{workers} workers share {cores} processor cores, so expect no gain over fewer.",
    "needs_library": "needs the library {library}, which is not installed.",
}
