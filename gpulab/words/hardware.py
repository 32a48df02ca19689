"""Sentences for what is read of the machine while it works, and for what cannot be read."""

SENTENCES = {
    "reading_not_supported": "This device or its driver does not tell this.",
    "reading_no_permission": "The system does not let this program read it.",
    "reading_no_answer": "The driver gave no answer just now.",
    "reading_no_memory": "The machine was short of memory, so this was not read.",
    "reading_gone": "This GPU does not answer any more.",
    "reading_of_whole_gpu": "This GPU is divided into slices, and this is known of the whole only.",
    "reading_second_look": "This takes two looks; it is there at the next one.",
    "throttle_heat": "too hot",
    "throttle_power_limit": "at its power limit",
    "throttle_power_brake": "held back by the power supply",
    "throttle_hardware": "slowed down by its hardware",
    "throttle_sync": "waiting for the clock of other GPUs",
    "throttle_setting": "clock limited by a setting",
    "energy_by_gpu_counter": "counted by the GPU itself",
    "energy_by_gpu_power": "added up from the GPU's power, read twice a second",
    "energy_by_processor_counter": "counted by the processor, with all else that ran on it",
    "no_gpu_driver": "There is no NVIDIA driver here: only the processor is read.",
    "no_gpu_found": "The NVIDIA driver shows no GPU that this program may use: only the processor is read.",
    "no_nvml": "There is an NVIDIA driver, but its library NVML cannot be found, as in some containers: no GPU is "
    "read.",
    "nvml_failed": "The NVIDIA driver does not answer ({detail}): no GPU is read.",
    "gpu_gone": "GPU {index} ({name}) does not answer any more. It stays listed, and is looked for now and then.",
    "gpu_back": "GPU {index} ({name}) answers again.",
    "memory_short": "Memory is short: {percent} % of it is in use. Speeds measured now say little.",
    "probe_failed": "Reading {probe} failed ({error}) and was switched off. The training goes on.",
}
