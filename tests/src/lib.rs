//! Parity tests.
