//! The lockout in Redis or Valkey, for all instances together.
