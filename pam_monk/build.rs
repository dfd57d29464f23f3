//! Link options of the module.

use std::path::Path;
use std::{env, fs};

fn main() {
    link_unwinder_statically();
    // libpam unloads modules; what the Rust runtime has registered with the process stays.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    // Every symbol must be found when the module is loaded, not in the middle of a login.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,now");
    // Nothing but the entry points of pam(3).
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/exported.map");
    println!("cargo:rustc-cdylib-link-arg=-Wl,--version-script={list}");
    println!("cargo:rerun-if-changed=exported.map");
}

/// Puts the unwinder, which catches panics at the C boundary, into the module itself, so that no
/// further library is mapped into the host program.
///
/// rustc asks for `-lgcc_s`; a linker script of that name, found first, asks for GCC's static
/// unwinder in its place. Its symbols stay hidden, as the version script exports none of them.
fn link_unwinder_statically() {
    let folder = env::var("OUT_DIR").expect("cargo names a folder for the output");
    let script = Path::new(&folder).join("libgcc_s.so");
    fs::write(&script, "INPUT(-lgcc_eh)\n").expect("the output folder can be written");
    println!("cargo:rustc-link-search=native={folder}");
}
