"""Sentences for what this machine cannot do."""

SENTENCES = {
    "no_such_device": "{device} is not on this machine. Devices here: {devices}.",
    "needs_nvidia_gpu": "needs an NVIDIA GPU; this machine has none.",
    "needs_compute_capability": "needs an NVIDIA GPU of compute capability {needed}; this one has {found}.",
    "needs_library": "needs the library {library}, which is not installed.",
}
