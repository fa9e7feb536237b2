"""Where frames come from: cameras, network streams, video files and folders, behind one protocol."""
