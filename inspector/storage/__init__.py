"""Disk and devices: images, bundles, results, reports, settings. No Qt, no torch."""
