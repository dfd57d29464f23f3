//! Every page, without an engine.
