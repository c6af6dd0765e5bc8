"""Examples, small models and side-by-side runs that several test modules use."""
