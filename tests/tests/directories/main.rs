//! Directory servers as organisations run them, and what monk does with each.

mod claims;
mod detect;
mod ds389;
mod ds389_access;
mod examined;
mod groups;
mod layouts;
mod new_passwords;
mod oddities;
mod openldap;
mod openldap_groups;
mod password_page;
mod samba;
mod scene;
mod speed;
mod states;
mod suppliers;
