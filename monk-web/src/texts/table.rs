//! How a table of texts is written: each entry once, with its English and its German side by side.

/// A struct with a field for each text, and its two languages. A text that lacks a language does not compile.
macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $english:literal, $german:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[allow(missing_docs, reason = "the texts say what they are")]
        pub struct $name { $(pub $field: &'static str,)* }

        impl $name {
            /// English.
            pub const ENGLISH: Self = Self { $($field: $english,)* };
            /// German.
            pub const GERMAN: Self = Self { $($field: $german,)* };
            /// English between marks, so that a test can tell it from what stands in a page itself.
            #[cfg(test)]
            pub const MARKED: Self = Self { $($field: concat!("⟦", $english, "⟧"),)* };
            /// All entries.
            #[cfg(test)]
            pub const ALL: &'static [(&'static str, &'static str, &'static str)] =
                &[$((stringify!($field), $english, $german),)*];
        }
    };
}

pub(super) use texts;
