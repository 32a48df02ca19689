"""Sentences for runs that ended because their worker was gone."""

SENTENCES = {
    "worker_killed": "the training was ended from outside ({signal}).",
    "worker_killed_for_memory": "the system most likely ended the training because the computer ran out of memory. "
    "Try a smaller batch or a smaller model.",
    "worker_out_of_memory": "the training ran out of memory. Try a smaller batch or a smaller model.",
    "worker_crashed": "the training crashed (exit code {exit_code}). Its last words stand in worker.log.",
    "rank_killed": "worker {rank} of {workers} was ended from outside ({signal}); the others cannot go on without it.",
    "rank_crashed": "worker {rank} of {workers} crashed (exit code {exit_code}). Its last words stand in worker.log.",
    "worker_vanished": "the training's process is gone; nobody saw why. Its last words stand in worker.log.",
}
