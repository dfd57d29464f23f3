//! The whole module, with maps and engines of the tests.

mod growth;
mod lent;
mod liar;
mod lists;
mod manners;
mod way;
