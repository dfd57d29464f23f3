//! monk with directory servers as organisations run them.

mod ds389;
