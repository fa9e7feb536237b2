"""Plain values and rules: no Qt, no torch, no disk, no clock."""
