"""The detection methods: PatchCore, ReConPatch, ensembles, and the table that creates them."""
