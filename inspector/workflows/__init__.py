"""Complete tasks without a window, as the command line and the window start them."""
