//! Link options of the module.

use std::path::Path;
use std::{env, fs};

fn main() {
    link_unwinder_statically();
    // The name by which the C library asks for it, and by which ldconfig(8) knows it.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libnss_monk.so.2");
    // The C library may unload modules; what the Rust runtime has registered with the process stays.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    // Every symbol must be found when the module is loaded, not in the middle of a look-up.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,now");
    // Nothing but the entry points of nsswitch.conf(5).
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/exported.map");
    println!("cargo:rustc-cdylib-link-arg=-Wl,--version-script={list}");
    println!("cargo:rerun-if-changed=exported.map");
}

/// Puts the unwinder, which catches panics at the C boundary, into the module itself, so that no further
/// library is mapped into the host program: as in `pam_monk/build.rs`.
fn link_unwinder_statically() {
    let folder = env::var("OUT_DIR").expect("cargo names a folder for the output");
    let script = Path::new(&folder).join("libgcc_s.so");
    fs::write(&script, "INPUT(-lgcc_eh)\n").expect("the output folder can be written");
    println!("cargo:rustc-link-search=native={folder}");
}
