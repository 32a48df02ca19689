"""What the Help menu opens, made from the declarations, the machine and the bundled documents."""
