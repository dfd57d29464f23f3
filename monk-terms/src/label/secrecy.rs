//! Telling secrets from names, by their looks alone.
//!
//! A secret that is taken for a name is shown to others; a name that is taken for a secret has to be
//! chosen again. So whatever is in doubt counts as a secret. What helps is that secrets are random:
//! letters and digits in no order, with few vowels, and in one run or in groups of one length.

use zeroize::Zeroizing;

/// Shortest run that can be a secret: 80 bits in base 64 without padding.
const SHORTEST: usize = 14;

/// Shortest run of digits that can be one: 80 bits in hex, all of them decimal by chance. Serial
/// numbers are shorter.
const SHORTEST_DIGITS: usize = 20;

/// Longest series of letters in the serial number of a device, such as `YUBIKEY5001234567`.
const LONGEST_PREFIX: usize = 9;

/// Most consonants in a row, and most and fewest vowels among a hundred letters, that words have. In
/// random letters 19 of a hundred are vowels.
const MOST_CONSONANTS: usize = 6;
const FEWEST_VOWELS: usize = 25;
const MOST_VOWELS: usize = 65;

/// Small letters in a row that are a part of a word rather than chance, and how many of a hundred
/// letters stand in such rows in a name like `iPhone15ProMax`.
const LOWER_ROW: usize = 3;
const FEWEST_IN_ROWS: usize = 40;

/// What stands in addresses and hashes only, in small letters.
const MARKS: [&str; 6] = ["otpauth", "steam://", "secret=", "secret%3d", "$argon2", "-----begin"];

/// Whether `text` looks like a secret, or has one in it: an `otpauth:` address, or random symbols in
/// base 32, hex or base 64, in one piece or in groups.
#[must_use]
pub fn looks_secret(text: &str) -> bool {
    let small = Zeroizing::new(text.to_ascii_lowercase());
    MARKS.iter().any(|mark| small.contains(mark))
        || text.split(|c: char| !is_symbol(c)).any(|run| is_secret_run(run.as_bytes()))
        || has_secret_groups(text)
}

fn is_symbol(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')
}

fn is_secret_run(run: &[u8]) -> bool {
    if run.len() < SHORTEST {
        return false;
    }
    if run.iter().all(u8::is_ascii_digit) {
        return run.len() >= SHORTEST_DIGITS;
    }
    // No word has the letters from A to F alone.
    run.iter().all(u8::is_ascii_hexdigit) || !reads_as_name(run)
}

/// Whether a long run reads as words, or as a serial number.
fn reads_as_name(run: &[u8]) -> bool {
    if run.iter().any(|byte| matches!(byte, b'+' | b'=')) {
        return false;
    }
    let groups = |of: fn(&u8) -> bool| {
        run.split(move |byte| !of(byte)).filter(|group| !group.is_empty()).count()
    };
    let mut letters = Zeroizing::new(Vec::with_capacity(run.len()));
    letters.extend(run.iter().copied().filter(u8::is_ascii_alphabetic));
    let digit_groups = groups(u8::is_ascii_digit);
    if digit_groups == 1 && groups(u8::is_ascii_alphabetic) == 1 && letters.len() <= LONGEST_PREFIX
    {
        return true;
    }
    // Numbers stand at an end of words, or between capitals, as in `iPhone15ProMax`.
    let at_an_end = [run.first(), run.last()].into_iter().flatten().any(u8::is_ascii_digit);
    (digit_groups == 0 || digit_groups == 1 && (at_an_end || has_both_cases(run)))
        && has_the_case_of_words(run, &letters)
        && has_the_vowels_of_words(&letters)
}

fn has_both_cases(run: &[u8]) -> bool {
    run.iter().any(u8::is_ascii_uppercase) && run.iter().any(u8::is_ascii_lowercase)
}

/// Not all capitals; and where there are some, most small letters stand together.
fn has_the_case_of_words(run: &[u8], letters: &[u8]) -> bool {
    let in_rows: usize = run
        .split(|byte| !byte.is_ascii_lowercase())
        .map(<[u8]>::len)
        .filter(|&length| length >= LOWER_ROW)
        .sum();
    in_rows * 100 >= letters.len() * FEWEST_IN_ROWS
}

fn has_the_vowels_of_words(letters: &[u8]) -> bool {
    let is_vowel = |byte: &u8| b"aeiouAEIOU".contains(byte);
    let share = letters.iter().filter(|byte| is_vowel(byte)).count() * 100;
    let longest = letters.split(is_vowel).map(<[u8]>::len).max().unwrap_or(0);
    share > letters.len() * FEWEST_VOWELS
        && share <= letters.len() * MOST_VOWELS
        && longest <= MOST_CONSONANTS
}

/// Lengths of the groups that secrets are written in: `00 11 22 …`, `jbsw y3dp …`.
const GROUP: std::ops::RangeInclusive<usize> = 2..=8;

/// Whether groups of one length, with blanks, dashes or the like between, are a secret.
fn has_secret_groups(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let mut words = words.filter(|word| !word.is_empty()).peekable();
    while let Some(first) = words.next() {
        if !is_group(first) {
            continue;
        }
        let mut groups = vec![first];
        while let Some(next) = words.next_if(|next| is_group(next) && next.len() == first.len()) {
            groups.push(next);
        }
        // The last one may be shorter, and may as well be the first of others.
        if let Some(last) = words.peek().filter(|last| is_group(last) && last.len() < first.len()) {
            groups.push(last);
        }
        if are_secret(&groups) {
            return true;
        }
    }
    false
}

fn is_group(word: &str) -> bool {
    GROUP.contains(&word.len())
}

fn are_secret(groups: &[&str]) -> bool {
    let length: usize = groups.iter().map(|group| group.len()).sum();
    if groups.len() < 3 || length < SHORTEST {
        return false;
    }
    let all = |of: fn(u8) -> bool| groups.iter().all(|group| group.bytes().all(of));
    if all(|byte| byte.is_ascii_digit()) {
        return length >= SHORTEST_DIGITS;
    }
    if all(|byte| byte.is_ascii_hexdigit()) {
        return true;
    }
    let one_case = all(|byte| !byte.is_ascii_uppercase()) || all(|byte| !byte.is_ascii_lowercase());
    let mixed = |group: &&&str| {
        let digits = group.bytes().filter(u8::is_ascii_digit).count();
        (1..group.len()).contains(&digits)
    };
    match groups.iter().filter(mixed).count() {
        0 => one_case && !groups.iter().all(|group| is_syllable(group)),
        1 => one_case,
        _ => true,
    }
}

/// Whether a group can be a short word or a number. Words all in capitals are as rare in names as
/// they are usual in secrets.
fn is_syllable(group: &str) -> bool {
    group.bytes().all(|byte| byte.is_ascii_digit())
        || (group.bytes().any(|byte| b"aeiouy".contains(&byte))
            && group.bytes().any(|byte| !b"aeiou".contains(&byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_and_programs_call_devices_is_no_secret() {
        for name in [
            "Phone",
            "Google Authenticator",
            "OATH token",
            "Authenticator",
            "iPhone von Alice",
            "Alice's iPhone 15 Pro Max (work)",
            "iPhone15ProMaxAlice",
            "SamsungGalaxyS23Ultra",
            "samsung-galaxy-s23-ultra",
            "web-server-7-db-3-prod",
            "Acme 42",
            "Manufacturer 987654321",
            "Example Tokens Co.,Ltd 2600100000001",
            "Example Tokens 2600 1000 0001",
            "YUBIKEY5001234567",
            "SN260010000000123",
            "alice.wonderland@example.org",
            "Alice Wonderland <alice@example.org>",
            "https://login.example.org/realms/master",
            "Sicherheitsschluessel",
            "Wirtschaftspruefung",
            "Telekommunikationsdienst",
            "Rindfleischetikettierung",
            "Donaudampfschifffahrt 7",
            "00:1a:2b:3c:4d:5e",
            "2001:db8::1",
            "Telefonzentrale/Empfang",
            "Büro 2, Schreibtisch links",
            "main work desk unit",
            "電話 1234567890",
        ] {
            assert!(!looks_secret(name), "{name}");
        }
    }

    #[test]
    fn addresses_are_secrets_however_they_are_written() {
        for text in [
            "otpauth://totp/x",
            "Shop,otpauth://totp/Work:bob?secret=AA",
            "OTPAUTH://TOTP/x",
            "otpauth%3A%2F%2Ftotp",
            "otpauth-migration://offline?data=CjEK",
            "steam://ABC",
            "bob?secret=AAAA",
            "bob?SECRET%3DAAAA",
            "$argon2id$v=19$m=8",
            "-----BEGIN PRIVATE KEY-----",
        ] {
            assert!(looks_secret(text), "{text}");
        }
    }

    #[test]
    fn secrets_are_known_in_every_spelling() {
        for secret in [
            "JBSWY3DPEHPK3PXP",
            "jbswy3dpehpk3pxp",
            "GEZDGNBVGY3TQOJQ",
            "ABCDEFGHIJKLMNOP",
            "abcdefghijklmnop",
            "AAAAAAAAAAAAAAAA",
            "MFRGGZDFMZTWQ2LK",
            "XRWYRHZFUWQF55DG47O7WI4QPI======",
            "jbsw y3dp ehpk 3pxp",
            "JBSW-Y3DP-EHPK-3PXP",
            "jbswy3dp ehpk3pxp gezdgnbv gy3tqojq",
            "jbs wy3 dpe hpk 3px p",
            "3132333435363738393031323334353637383930",
            "31323334353637383930",
            "00112233445566778899aabbccddeeff00112233",
            "deadbeefdeadbeefdead",
            "DE AD BE EF DE AD BE EF DE AD",
            "00:11:22:33:44:55:66:77:88:99",
            "SGVsbG8h3q2+7zEyMzQ1Njc4OTA=",
            "SGVsbG8h3q2-7zEyMzQ1Njc4OTA",
            "MDk4NzY1NDMyMe++rd4hb2xsZUg=",
            "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=",
            "CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU6YWxpY2VAZ29vZ2xlLmNvbRoHRXhhbXBsZTAC",
            "ab3d-ef5h-jk7m-np9r-st2v",
        ] {
            for text in [secret.to_owned(), format!("Phone {secret}"), format!("({secret}),x")] {
                assert!(looks_secret(&text), "{text}");
            }
        }
    }

    /// Random bytes, the same ones in every run (Marsaglia's xorshift).
    fn random() -> impl FnMut() -> u64 {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state >> 11
        }
    }

    #[test]
    fn of_random_secrets_hardly_one_reads_as_a_name() {
        let mut random = random();
        let mut missed = |symbols: &[u8], length: usize, group: usize| {
            let mut text = String::new();
            for place in 0..length {
                if group > 0 && place > 0 && place % group == 0 {
                    text.push(' ');
                }
                let symbol = usize::try_from(random()).unwrap_or_default() % symbols.len();
                text.push(symbols[symbol].into());
            }
            usize::from(!looks_secret(&text))
        };
        let mut share = |symbols: &str, length, group| {
            (0..10_000).map(|_| missed(symbols.as_bytes(), length, group)).sum::<usize>()
        };
        let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let lower = upper.to_ascii_lowercase();
        let base64 = format!("{}{}0189+/", upper, &lower[..26]);
        assert_eq!(share(upper, 16, 0), 0);
        assert_eq!(share(upper, 32, 0), 0);
        assert_eq!(share("0123456789abcdef", 32, 0), 0);
        assert_eq!(share("0123456789ABCDEF", 40, 4), 0);
        assert_eq!(share(upper, 32, 4), 0);
        // Of ten thousand.
        for (symbols, length, group, most) in [
            (lower.as_str(), 16, 0, 300),
            (&lower, 26, 0, 30),
            (&lower, 32, 0, 10),
            (&lower, 16, 4, 150),
            (&lower, 32, 4, 2),
            (&base64, 16, 0, 150),
            (&base64, 28, 0, 10),
        ] {
            let found = share(symbols, length, group);
            assert!(found <= most, "{found} of {symbols} {length} {group}");
        }
    }
}
