//! x
use super::table::texts;
texts! { /// x
Programs { x: "x", "x"; } }
