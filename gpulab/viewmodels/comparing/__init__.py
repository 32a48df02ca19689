"""What the Compare page shows, as plain values: worked out away from the window and testable without one."""
