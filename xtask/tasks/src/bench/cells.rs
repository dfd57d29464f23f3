//! How figures are written.

/// What stands where nothing was measured.
pub const NOTHING: &str = "–";

/// Milliseconds with three digits.
pub fn millis(millis: Option<f64>) -> String {
    shown(millis, |millis| {
        let decimals = match millis {
            ..1.0 => 3,
            ..10.0 => 2,
            _ => 1,
        };
        format!("{millis:.decimals$}")
    })
}

/// A figure that is looked for first.
pub fn strong(figure: String) -> String {
    if figure == NOTHING { figure } else { format!("**{figure}**") }
}

/// Logins a second.
pub fn rate(rate: Option<f64>) -> String {
    shown(rate, |rate| format!("{rate:.0}"))
}

/// A ratio.
pub fn times(ratio: Option<f64>) -> String {
    shown(ratio, |ratio| {
        let decimals = if ratio < 10.0 { 2 } else { 0 };
        format!("{ratio:.decimals$}")
    })
}

/// How many there are of something for each login, without noughts at the end.
pub fn each(count: u64, logins: usize) -> String {
    let each = format!("{:.2}", count as f64 / logins as f64);
    each.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn shown(value: Option<f64>, how: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| NOTHING.to_owned(), how)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_the_digits_that_mean_something() {
        assert_eq!(
            [0.1234, 1.234, 12.34].map(|value| millis(Some(value))),
            ["0.123", "1.23", "12.3"]
        );
        assert_eq!([0.5, 5.0, 50.4].map(|value| times(Some(value))), ["0.50", "5.00", "50"]);
        assert_eq!(
            (each(100, 100), each(102, 100), each(0, 100)),
            ("1".into(), "1.02".into(), "0".into())
        );
        assert_eq!(millis(None), "–");
    }
}
