//! Link options of the module.

fn main() {
    // libpam unloads modules; what the Rust runtime has registered with the process stays.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    // Every symbol must be found when the module is loaded, not in the middle of a login.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,now");
    // Nothing but the entry points of pam(3).
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/exported.map");
    println!("cargo:rustc-cdylib-link-arg=-Wl,--version-script={list}");
    println!("cargo:rerun-if-changed=exported.map");
}
