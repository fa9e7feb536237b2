"""The fifth page: what people say of judged parts."""
