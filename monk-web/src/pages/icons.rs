//! The pictures beside words. Each is decoration: the words say the same.

use maud::{Markup, PreEscaped, html};

/// A picture of 24 by 24, drawn with lines.
#[derive(Clone, Copy, Debug)]
pub struct Icon(&'static str);

impl Icon {
    /// A phone.
    pub const PHONE: Self =
        Self(r#"<rect x="7" y="2.5" width="10" height="19" rx="2.5"/><path d="M11 18.5h2"/>"#);
    /// A tablet.
    pub const TABLET: Self =
        Self(r#"<rect x="4.5" y="2.5" width="15" height="19" rx="2.5"/><path d="M11 18.5h2"/>"#);
    /// A fingerprint.
    pub const FINGERPRINT: Self = Self(
        r#"<path d="M6 18.5c1-2 1.3-4 1.3-6.5a4.7 4.7 0 0 1 9.4 0c0 2-.1 4-.6 6M12 11.5c0 3.5-.4 6.3-1.7 9M3.5 15c.4-1 .6-2 .6-3a8 8 0 0 1 13-6.2M19.5 9c.4 1 .5 2 .5 3 0 1.5 0 2.8-.3 4.2"/>"#,
    );
    /// A computer.
    pub const COMPUTER: Self =
        Self(r#"<rect x="4" y="5" width="16" height="11" rx="2"/><path d="M2 19.5h20"/>"#);
    /// An envelope.
    pub const MAIL: Self =
        Self(r#"<rect x="3" y="5" width="18" height="14" rx="2.5"/><path d="m4 7.5 8 6 8-6"/>"#);
    /// A sheet with codes.
    pub const SHEET: Self = Self(
        r#"<rect x="4" y="3" width="16" height="18" rx="2.5"/><path d="M8 8h8M8 12h8M8 16h5"/>"#,
    );
    /// The sign in mail addresses.
    pub const AT: Self = Self(
        r#"<circle cx="12" cy="12" r="4"/><path d="M16 8v5a2.5 2.5 0 0 0 5 0v-1a9 9 0 1 0-3.6 7.2"/>"#,
    );
    /// Done.
    pub const TICK: Self =
        Self(r#"<circle cx="12" cy="12" r="9"/><path d="m8 12.3 2.7 2.7L16 9.5"/>"#);
    /// Not done.
    pub const CROSS: Self =
        Self(r#"<circle cx="12" cy="12" r="9"/><path d="m9 9 6 6M15 9l-6 6"/>"#);
    /// To know.
    pub const INFO: Self =
        Self(r#"<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.6v.1"/>"#);
    /// To look at.
    pub const WARNING: Self =
        Self(r#"<path d="M12 3.5 2.5 20h19z"/><path d="M12 10v4.5M12 17.3v.1"/>"#);
    /// Time.
    pub const CLOCK: Self = Self(r#"<circle cx="12" cy="12" r="9"/><path d="M12 7v5.2l3.3 2"/>"#);
    /// Printing.
    pub const PRINT: Self = Self(
        r#"<path d="M7 9V3.5h10V9M7 17H4.5v-6.5A1.5 1.5 0 0 1 6 9h12a1.5 1.5 0 0 1 1.5 1.5V17H17"/><path d="M7 14h10v6.5H7z"/>"#,
    );
    /// Taking a file.
    pub const DOWNLOAD: Self = Self(r#"<path d="M12 3.5v11.5m-4.5-4.5L12 15l4.5-4.5M4 20h16"/>"#);
    /// Copying.
    pub const COPY: Self = Self(
        r#"<rect x="8.5" y="8.5" width="12" height="12" rx="2"/><path d="M5 15.5H4A1.5 1.5 0 0 1 2.5 14V5A2.5 2.5 0 0 1 5 2.5h9A1.5 1.5 0 0 1 15.5 4v1"/>"#,
    );

    /// The picture.
    #[must_use]
    pub fn show(self) -> Markup {
        html! {
            svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true" { (PreEscaped(self.0)) }
        }
    }
}
