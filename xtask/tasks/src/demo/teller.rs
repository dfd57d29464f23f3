//! How a step is told: what was typed, what came back, what monk logged, and whether that is what
//! should happen.

use std::time::Duration;

use monk_tests::{Part, Screen};

use crate::paint::Paint;

/// Width of the lines that separate acts.
const WIDTH: usize = 78;

/// Tells the steps, and keeps count of them.
pub struct Teller {
    paint: Paint,
    told: usize,
    wrong: Vec<String>,
    title: String,
}

impl Teller {
    pub fn new() -> Self {
        Self { paint: Paint::of_stdout(), told: 0, wrong: Vec::new(), title: String::new() }
    }

    /// Whether programs may write colours.
    pub fn has_colours(&self) -> bool {
        self.paint.has_colours()
    }

    /// Begins a part of the demo.
    pub fn act(&self, title: &str) {
        let rest = "═".repeat(WIDTH.saturating_sub(title.chars().count() + 4));
        println!("{}\n", self.paint.strong(&format!("══ {title} {rest}")));
    }

    /// Something that is there now, and what there is to know about it.
    pub fn ready(&self, what: &str, about: &str) {
        println!("  {} {what}", self.paint.good("✓"));
        about.lines().for_each(|line| println!("      {}", self.paint.faint(line)));
    }

    /// An empty line.
    pub fn gap(&self) {
        println!();
    }

    /// Begins a step.
    pub fn step(&mut self, title: &str, why: &str) {
        self.told += 1;
        title.clone_into(&mut self.title);
        println!("{}", self.paint.strong(&format!("{}. {title}", self.told)));
        why.lines().for_each(|line| println!("   {line}"));
        println!();
    }

    /// The line that a person types.
    pub fn command(&self, line: &str) {
        println!("   {} {}", self.paint.faint("$"), self.paint.typed(line));
    }

    /// What a program wrote.
    pub fn said(&self, text: &str) {
        text.trim_end().lines().for_each(|line| println!("   {line}"));
    }

    /// What a person saw on a terminal, and typed there.
    pub fn screen(&self, screen: &Screen) {
        let mut text = String::new();
        for part in &screen.parts {
            match part {
                Part::Shown(shown) => text.push_str(shown),
                Part::Typed(typed) => {
                    text.push_str(&self.paint.typed(typed));
                    text.push('\n');
                }
            }
        }
        self.said(&text);
    }

    /// A line of monk's log.
    pub fn logged(&self, line: &str) {
        println!("   {}", self.paint.faint(&format!("log: {line}")));
    }

    /// Ends a step: what happened, and whether it should have.
    pub fn verdict(&mut self, is_right: bool, what: &str) {
        if is_right {
            println!("   {}\n", self.paint.good(&format!("✓ {what}")));
        } else {
            println!("   {}\n", self.paint.bad(&format!("✗ {what}")));
            self.wrong.push(format!("{}. {}: {what}", self.told, self.title));
        }
    }

    /// Ends the demo. True where every step ended as it should.
    pub fn summary(&self, took: Duration) -> bool {
        let seconds = took.as_secs_f32();
        let right = self.told - self.wrong.len();
        let text =
            format!("{right} of {} steps ended as they should, in {seconds:.1} s", self.told);
        self.act("In short");
        if self.wrong.is_empty() {
            println!("  {}\n", self.paint.good(&format!("✓ {text}")));
        } else {
            println!("  {}", self.paint.bad(&format!("✗ {text}. These did not:")));
            self.wrong.iter().for_each(|wrong| println!("      {wrong}"));
            println!();
        }
        self.wrong.is_empty()
    }
}
