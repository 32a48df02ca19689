"""What the Hardware page shows, as plain values."""
