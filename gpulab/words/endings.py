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
    "comparison_decided": "Decided; seeds on each side: {seeds}.",
    "comparison_enough": "Quality and sizes are decided; seeds on each side: {seeds}. Questions about speed or "
    "memory that stayed open: {open}.",
    "comparison_still_open": "Ended; seeds on each side: {seeds}. Questions that stayed open: {open}.",
    "comparison_baseline_failed": "The baseline failed for two seeds in a row, so there is nothing to compare with.",
    "comparison_variants_failed": "Every variant failed for two seeds in a row, so nothing can be compared.",
    "comparison_not_written": "The comparison's folder could not be written to: {detail}.",
    "comparison_crashed": "The comparison failed: {error}. Its worker.log has the details.",
    "comparison_of_runs": "These runs were there before; nothing was run for this comparison.",
    "comparison_vanished": "The process that conducted the comparison is gone; nothing is lost, and it can go on.",
}
