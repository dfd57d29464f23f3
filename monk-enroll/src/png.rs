//! QR codes as PNG files, for users who are not at this terminal.

use std::fs::OpenOptions;
use std::io::{self, BufWriter};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::exit::Exit;
use crate::qr::Picture;

/// Pixels of a module: the usual code is some 400 pixels wide then, a good size on paper and on
/// screens.
const SCALE: usize = 8;

/// Writes the QR code of `text`. The file must not exist, and only its owner can read it.
///
/// # Errors
/// When there is such a file, or it cannot be written.
pub fn write(text: &str, path: &Path) -> Result<(), Error> {
    let fail = |exit, why: String| Err(Error::new(exit, format!("{}: {why}", path.display())));
    let Some(picture) = Picture::of(text) else {
        return fail(Exit::Invalid, "the address is too long for a QR code".into());
    };
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = file.and_then(|file| encode(&picture, file));
    match written {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fail(Exit::Exists, "is there already, and may hold another's code".into())
        }
        Err(error) => fail(Exit::Unwritten, error.to_string()),
    }
}

fn encode(picture: &Picture, file: std::fs::File) -> io::Result<()> {
    let size = picture.columns() * SCALE;
    let side = u32::try_from(size).map_err(io::Error::other)?;
    // One bit a pixel, 1 for white; each row begins with a byte of its own.
    let mut rows = Zeroizing::new(vec![0_u8; size * size.div_ceil(8)]);
    for (y, row) in rows.chunks_mut(size.div_ceil(8)).enumerate() {
        for x in (0..size).filter(|x| !picture.is_dark(x / SCALE, y / SCALE)) {
            row[x / 8] |= 0x80 >> (x % 8);
        }
    }
    let mut encoder = png::Encoder::new(BufWriter::new(file), side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.write_header()?.write_image_data(&rows)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_was_written_can_be_scanned_and_only_by_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("qr.png");
        let uri = "otpauth://totp/monk:alice?secret=JBSWY3DPEHPK3PXP&issuer=monk";
        write(uri, &path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(write(uri, &path).unwrap_err().exit, Exit::Exists);

        let file = io::BufReader::new(std::fs::File::open(&path).unwrap());
        let mut reader = png::Decoder::new(file).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        let light =
            |x: usize, y: usize| pixels[y * info.line_size + x / 8] & (0x80 >> (x % 8)) != 0;
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(
            info.width as usize,
            info.height as usize,
            |x, y| if light(x, y) { 255 } else { 0 },
        );
        let (_, text) = image.detect_grids()[0].decode().unwrap();
        assert_eq!(text, uri);
    }
}
