//! Directory servers as organisations run them, and what monk does with each.

mod claims;
mod ds389;
mod openldap;
mod samba;
mod scene;
