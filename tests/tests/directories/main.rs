//! Directory servers as organisations run them, and what monk does with each.

mod claims;
mod ds389;
mod layouts;
mod oddities;
mod openldap;
mod openldap_groups;
mod samba;
mod scene;
mod speed;
mod suppliers;
