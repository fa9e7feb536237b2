"""Model files: manifest, seal, signature and earlier versions."""
