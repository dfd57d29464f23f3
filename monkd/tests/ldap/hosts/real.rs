//! Users and groups of real servers that are no slapd.
