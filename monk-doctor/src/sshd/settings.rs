//! sshd's settings, as `sshd -T` prints them, and the ways in that they leave open.

use std::collections::BTreeMap;

/// The settings by their names in lower case. A setting that is given several times has the
/// values joined by blanks.
#[derive(Clone, Debug, Default)]
pub struct Settings(BTreeMap<String, String>);

/// Methods that can open without others, and the settings that switch them on.
const METHODS: [(&str, &str); 6] = [
    ("publickey", "pubkeyauthentication"),
    ("password", "passwordauthentication"),
    (SCREENS, "kbdinteractiveauthentication"),
    ("gssapi-with-mic", "gssapiauthentication"),
    ("gssapi-keyex", "gssapikeyexchange"),
    ("hostbased", "hostbasedauthentication"),
];

/// The method with which PAM can ask several questions.
pub const SCREENS: &str = "keyboard-interactive";

impl Settings {
    /// Reads `NAME VALUE` lines.
    pub fn parse(text: &str) -> Self {
        let mut settings = Self::default();
        for line in text.lines() {
            let (name, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let entry = settings.0.entry(name.to_ascii_lowercase()).or_default();
            if !entry.is_empty() {
                entry.push(' ');
            }
            entry.push_str(value.trim());
        }
        settings
    }

    /// The same with other values, such as `PasswordAuthentication no`.
    pub fn with(&self, lines: &[String]) -> Self {
        let mut settings = self.clone();
        let pairs = lines.iter().filter_map(|line| line.split_once(' '));
        settings.0.extend(pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())));
        settings
    }

    /// A value as it is printed; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Whether something is on.
    pub fn is(&self, name: &str) -> bool {
        self.get(name) == "yes"
    }

    /// The PAM service, where sshd can be told one (from 9.8).
    pub fn service(&self) -> Option<&str> {
        Some(self.get("pamservicename")).filter(|name| !name.is_empty())
    }

    /// The lists of `AuthenticationMethods`, any of which opens; `None` where every method does alone.
    pub fn lists(&self) -> Option<Vec<Vec<&str>>> {
        let methods = self.get("authenticationmethods");
        (!methods.is_empty() && methods != "any")
            .then(|| methods.split_whitespace().map(|list| list.split(',').collect()).collect())
    }

    /// Whether a method is switched on.
    fn offers(&self, method: &str) -> bool {
        METHODS.iter().any(|(name, switch)| *name == plain(method) && self.is(switch))
    }

    /// All ways in: methods that must succeed one after the other. A list with a method that is off
    /// leads nowhere.
    pub fn ways(&self) -> Vec<Vec<&str>> {
        let methods = || METHODS.iter().map(|(name, _)| vec![*name]).collect();
        let mut ways = self.lists().unwrap_or_else(methods);
        ways.retain(|way| way.iter().all(|method| self.offers(method)));
        ways
    }

    /// Whether a method asks the auth rules of PAM. A password goes to Kerberos first, where sshd is
    /// told so.
    pub fn asks_pam(&self, method: &str) -> bool {
        match plain(method) {
            SCREENS => true,
            "password" => !self.is("kerberosauthentication"),
            _ => false,
        }
    }

    /// Whether PAM is asked only after a key was proved.
    pub fn key_first(&self) -> bool {
        let ways = self.ways();
        let begins = |way: &Vec<&str>| way.first().is_some_and(|first| is_key(first));
        !ways.is_empty() && ways.iter().all(begins)
    }
}

/// A method without what it is restricted to, as in `keyboard-interactive:pam`.
pub fn plain(method: &str) -> &str {
    method.split(':').next().unwrap_or(method)
}

/// Whether a method is a public key.
pub fn is_key(method: &str) -> bool {
    plain(method) == "publickey"
}

/// Lists as they are written.
pub fn written(lists: &[Vec<&str>]) -> String {
    let mut written: Vec<String> = Vec::new();
    for list in lists {
        let list = list.join(",");
        if !list.is_empty() && !written.contains(&list) {
            written.push(list);
        }
    }
    written.join(" ")
}
