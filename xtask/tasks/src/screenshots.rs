//! `cargo xtask screenshots`: the README's pictures of the portal, by Debian's Chromium from a portal that runs.

use std::fs;
use std::process::Command;

use monk_tests::chromium::Chromium;
use monk_tests::portal::ORIGIN;
use monk_tests::site::take_programs_from;
use monk_tests::tour::Tour;
use serde_json::json;

use crate::cargo::{own_programs, workspace};
use crate::failure::{Failure, Outcome};
use crate::prepare;

/// Where they are kept.
const FOLDER: &str = "docs/pictures";

/// Most bytes of a picture: the README is read over slow lines, too.
const MOST_BYTES: u64 = 120 * 1024;

/// A phone, in CSS pixels.
const PHONE: (u32, u32) = (390, 740);

/// The picture of a page that needs more room.
const WIDE: (u32, u32) = (820, 900);

/// Takes all pictures. True where each is small enough.
///
/// # Errors
/// When a program is missing or a file cannot be written.
pub fn run() -> Outcome {
    prepare::install()?;
    prepare::ensure(&["pngquant", "optipng", "imagemagick"])?;
    take_programs_from(&own_programs()?);
    let mut tour = Tour::new("en");
    let folder = workspace().join(FOLDER);
    fs::create_dir_all(&folder).map_err(|error| Failure::new(folder.display(), error))?;
    let mut is_small = true;
    let mut taken = Ok(());
    let mut take = |browser: &Chromium, name: &str, size: (u32, u32)| {
        let halves = ["light", "dark"].map(|scheme| shown(browser, scheme, size));
        match beside(&halves, name) {
            Ok(bytes) => {
                println!("{FOLDER}/{name}.png: {bytes} bytes");
                is_small &= bytes <= MOST_BYTES;
            }
            Err(why) => taken = Err(why),
        }
    };
    tour.browser.open(&format!("{ORIGIN}/sign-in"));
    take(&tour.browser, "sign-in", PHONE);
    let mut nothing = |_: &Chromium, _: &str| {};
    tour.go(&mut nothing);
    tour.browser.open(&format!("{ORIGIN}/methods"));
    take(&tour.browser, "methods", WIDE);
    taken.map(|()| is_small)
}

/// The page that is open, as a PNG.
fn shown(browser: &Chromium, scheme: &str, (width, height): (u32, u32)) -> Vec<u8> {
    let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
    browser.devtools("Emulation.setEmulatedMedia", &json!({ "features": [feature] }));
    let screen =
        json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    browser.devtools("Emulation.setDeviceMetricsOverride", &screen);
    // A field that has the focus would be in one of two pictures.
    browser.script(
        "document.activeElement.blur(); document.documentElement.style.scrollbarWidth = 'none';",
        &[],
    );
    browser.picture()
}

/// Puts light and dark side by side into one small file; its size.
fn beside(halves: &[Vec<u8>; 2], name: &str) -> Result<u64, Failure> {
    let folder = tempfile::tempdir().map_err(|error| Failure::new("no folder", error))?;
    for (half, file) in halves.iter().zip(["light.png", "dark.png"]) {
        fs::write(folder.path().join(file), half).map_err(|error| Failure::new(file, error))?;
    }
    let commands = "convert light.png dark.png +append -strip both.png && \
                    pngquant --force --quality 60-95 --speed 1 --strip --output small.png both.png && \
                    optipng -quiet -o5 small.png";
    let status = Command::new("sh").args(["-c", commands]).current_dir(folder.path()).status();
    match status {
        Ok(status) if status.success() => {}
        _ => return Err(Failure(format!("the picture {name} cannot be made small"))),
    }
    let path = workspace().join(FOLDER).join(format!("{name}.png"));
    fs::copy(folder.path().join("small.png"), &path)
        .map_err(|error| Failure::new(path.display(), error))
}
