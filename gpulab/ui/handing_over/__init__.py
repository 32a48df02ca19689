"""What leaves this machine and what comes to it: bundles, reports, commands to type elsewhere."""
