"""Cameras that are reached over the network, by HTTP or RTSP."""
