"""Sources of frames: USB cameras, video files, photo folders and watched folders."""
