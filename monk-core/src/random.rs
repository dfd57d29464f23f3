//! Randomness, passed in so that the rules stay pure.

/// A source of cryptographically secure random bytes.
///
/// The engine implements it over the operating system's generator; a source that cannot deliver
/// must not return at all, because weak secrets are worse than none.
pub trait Random {
    /// Fills `out` with random bytes.
    fn fill(&mut self, out: &mut [u8]);

    /// A fixed-size array of random bytes.
    fn bytes<const N: usize>(&mut self) -> [u8; N]
    where
        Self: Sized,
    {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
}

/// A counter in place of randomness, so that tests can repeat themselves.
#[cfg(test)]
pub(crate) struct Counter(pub u8);

#[cfg(test)]
impl Random for Counter {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            *byte = self.0;
            self.0 = self.0.wrapping_mul(5).wrapping_add(113);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_of_random_bytes_is_what_the_source_gave() {
        let mut filled = [0; 8];
        Counter(7).fill(&mut filled);
        assert_eq!(Counter(7).bytes(), filled);
        assert_ne!(filled, [0; 8]);
        let mut source = Counter(7);
        assert_ne!(source.bytes::<8>(), source.bytes::<8>(), "and goes on");
    }
}
