//! The rendered modules, from inside the service.
