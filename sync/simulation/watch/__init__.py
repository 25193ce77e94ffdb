"""What must hold at every step: invariants, held to what stores and head office really wrote."""
