//! The numbers of a request: one for the terminal, and those among which it stands on the page.

use crate::random::Random;

/// How many numbers the page shows.
pub const CHOICES: usize = 3;

/// The numbers with two digits, so that none looks different from the others.
const LOWEST: u8 = 10;
const HIGHEST: u8 = 99;

/// A number, and all that the page shows, in an order that tells nothing.
pub(super) fn choices(random: &mut dyn Random) -> (u8, [u8; CHOICES]) {
    let mut numbers = [0; CHOICES];
    for position in 0..CHOICES {
        numbers[position] = loop {
            let number = any_number(random);
            if !numbers[..position].contains(&number) {
                break number;
            }
        };
    }
    // Each of them was drawn like the others, so the place of the right one is all that is left to draw.
    let right = usize::from(below(3, random));
    (numbers[right], numbers)
}

/// A number for a screen on which nothing depends: it looks like any other.
pub fn any_number(random: &mut dyn Random) -> u8 {
    LOWEST + below(HIGHEST - LOWEST + 1, random)
}

/// A number below `end`, each as likely as the others.
fn below(end: u8, random: &mut dyn Random) -> u8 {
    // What is above the highest multiple would make low numbers likelier.
    let fair = u8::MAX - u8::MAX % end;
    loop {
        let mut byte = [0];
        random.fill(&mut byte);
        if byte[0] < fair {
            break byte[0] % end;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A generator for tests that goes through all bytes (a linear congruence modulo 2¹⁶).
    struct Sequence(u16);

    impl Random for Sequence {
        fn fill(&mut self, out: &mut [u8]) {
            for byte in out {
                self.0 = self.0.wrapping_mul(25_173).wrapping_add(13_849);
                *byte = (self.0 >> 8) as u8;
            }
        }
    }

    #[test]
    fn the_numbers_have_two_digits_and_differ_and_the_right_one_stands_anywhere() {
        let mut random = Sequence(7);
        let (mut places, mut seen) = ([0; CHOICES], BTreeSet::new());
        for _ in 0..3000 {
            let (number, numbers) = choices(&mut random);
            let different: BTreeSet<u8> = numbers.into_iter().collect();
            assert_eq!(different.len(), CHOICES);
            assert!(numbers.iter().all(|number| (LOWEST..=HIGHEST).contains(number)));
            let place = numbers.iter().position(|&one| one == number).expect("it is shown");
            places[place] += 1;
            seen.extend(numbers);
        }
        assert_eq!(seen.len(), 90, "all of them come");
        assert!(places.iter().all(|&count| (850..1150).contains(&count)), "{places:?}");
    }
}
