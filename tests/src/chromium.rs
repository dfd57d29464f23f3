//! Debian's Chromium, as a person uses it: WebDriver (<https://www.w3.org/TR/webdriver2/>) over chromedriver.
//!
//! The browser and its driver are in the world, whose loopback no crate for WebDriver can reach from outside it. So each
//! command is one curl(1) there.

use std::cell::Cell;
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::World;
use crate::process::Process;

/// The port of the driver.
const PORT: u16 = 9515;

/// How long the browser may take for one command, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// How long a page may take to become what a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often the page is looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// What an element is called in an answer (WebDriver §12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What the browser is started with. A world is root's, and has little shared memory.
const ARGUMENTS: [&str; 6] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--user-data-dir=/root/chromium",
    "--host-resolver-rules=MAP * 127.0.0.1",
];

/// A browser with a window that is open.
pub struct Chromium {
    world: World,
    session: String,
    /// Clicks and sent fields so far: what a person does.
    clicks: Cell<u32>,
    _driver: Process,
}

/// A virtual authenticator (WebAuthn Level 3 §11).
#[derive(Clone, Debug)]
pub struct Authenticator(String);

impl Chromium {
    /// Starts one in a world, without cookies. One world has one.
    #[track_caller]
    pub fn start(world: &World) -> Self {
        Self::with(world, &[])
    }

    /// The same with more arguments for the browser, such as `--blink-settings=scriptEnabled=false`.
    #[track_caller]
    pub fn with(world: &World, more: &[&str]) -> Self {
        let port = format!("--port={PORT}");
        let mut driver = world.command("chromedriver").args([port]).spawn();
        world.wait_for_server(&mut driver, || world.is_listening(PORT));
        let arguments: Vec<&str> = ARGUMENTS.iter().chain(more).copied().collect();
        let mut browser = Self {
            world: world.clone(),
            session: String::new(),
            clicks: Cell::new(0),
            _driver: driver,
        };
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "acceptInsecureCerts": true,
            "goog:chromeOptions": {"args": arguments, "binary": "/usr/bin/chromium"},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let answer = browser.call("POST", "/session", Some(&capabilities));
        let id = answer["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {answer}"));
        browser.session = format!("/session/{id}");
        browser
    }

    /// Opens an address.
    #[track_caller]
    pub fn open(&self, address: &str) {
        self.post("/url", &json!({ "url": address }));
    }

    /// The address that is open.
    #[track_caller]
    pub fn address(&self) -> String {
        text(&self.get("/url"))
    }

    /// The page as it stands in the browser now, as HTML.
    #[track_caller]
    pub fn html(&self) -> String {
        text(&self.get("/source"))
    }

    /// What a reader sees of the first element that a selector finds.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        text(&self.of_element("GET", selector, "text", None))
    }

    /// The value of a field.
    #[track_caller]
    pub fn value(&self, selector: &str) -> String {
        text(&self.of_element("GET", selector, "property/value", None))
    }

    /// Whether a selector finds something that is shown.
    #[track_caller]
    pub fn shows(&self, selector: &str) -> bool {
        let shown = "const e = document.querySelector(arguments[0]); return e !== null && e.checkVisibility();";
        self.script(shown, &[json!(selector)]) == json!(true)
    }

    /// Clicks on the first element that a selector finds.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        self.clicks.set(self.clicks.get() + 1);
        self.of_element("POST", selector, "click", Some(&json!({})));
    }

    /// Types into a field, after what stands there.
    #[track_caller]
    pub fn type_into(&self, selector: &str, typed: &str) {
        self.of_element("POST", selector, "value", Some(&json!({ "text": typed })));
    }

    /// How often was clicked.
    pub fn clicks(&self) -> u32 {
        self.clicks.get()
    }

    /// Goes back, as with the button.
    #[track_caller]
    pub fn back(&self) {
        self.post("/back", &json!({}));
    }

    /// Loads the page again.
    #[track_caller]
    pub fn reload(&self) {
        self.post("/refresh", &json!({}));
    }

    /// Makes the window this large, in CSS pixels.
    #[track_caller]
    pub fn resize(&self, width: u32, height: u32) {
        self.post("/window/rect", &json!({ "width": width, "height": height }));
    }

    /// Opens another tab and goes there; what it is called.
    #[track_caller]
    pub fn new_tab(&self) -> String {
        let handle = text(&self.post("/window/new", &json!({ "type": "tab" }))["handle"]);
        self.switch_to(&handle);
        handle
    }

    /// What the tab is called that is in front.
    #[track_caller]
    pub fn tab(&self) -> String {
        text(&self.get("/window"))
    }

    /// Goes to a tab.
    #[track_caller]
    pub fn switch_to(&self, tab: &str) {
        self.post("/window", &json!({ "handle": tab }));
    }

    /// Goes into a frame of the page: what is asked from now on is asked there.
    #[track_caller]
    pub fn enter_frame(&self, selector: &str) {
        let frame = json!({ "id": { ELEMENT: self.element(selector) } });
        self.post("/frame", &frame);
    }

    /// Comes back to the page itself.
    #[track_caller]
    pub fn leave_frames(&self) {
        self.post("/frame", &json!({ "id": null }));
    }

    /// Runs the body of a function; what it returns.
    #[track_caller]
    pub fn script(&self, body: &str, arguments: &[Value]) -> Value {
        self.post("/execute/sync", &json!({ "script": body, "args": arguments }))
    }

    /// Waits until a selector finds something that is shown.
    #[track_caller]
    pub fn wait_for(&self, selector: &str) {
        self.wait(&format!("{selector} is shown"), || self.shows(selector));
    }

    /// Waits until the heading says this.
    #[track_caller]
    pub fn wait_for_heading(&self, heading: &str) {
        self.wait(&format!("the heading {heading:?}"), || {
            self.shows("h1") && self.text("h1") == heading
        });
    }

    /// Waits for anything.
    #[track_caller]
    pub fn wait(&self, what: &str, mut is_there: impl FnMut() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_there() {
            assert!(Instant::now() < end, "{what} never came: {}\n{}", self.address(), self.html());
            std::thread::sleep(PAUSE);
        }
    }

    /// The cookies that the page's requests carry, as WebDriver has them.
    #[track_caller]
    pub fn cookies(&self) -> Vec<Value> {
        self.get("/cookie").as_array().cloned().unwrap_or_default()
    }

    /// Sets a cookie for the page that is open.
    #[track_caller]
    pub fn set_cookie(&self, cookie: &Value) {
        self.post("/cookie", &json!({ "cookie": cookie }));
    }

    /// Forgets all cookies of the page that is open.
    #[track_caller]
    pub fn forget_cookies(&self) {
        self.call("DELETE", &format!("{}/cookie", self.session), None);
    }

    /// What the browser has complained of since this was asked last: blocked parts of pages, errors of scripts.
    #[track_caller]
    pub fn complaints(&self) -> Vec<String> {
        let lines = self.post("/se/log", &json!({ "type": "browser" }));
        lines.as_array().into_iter().flatten().map(|line| text(&line["message"])).collect()
    }

    /// The window as a PNG.
    #[track_caller]
    pub fn picture(&self) -> Vec<u8> {
        BASE64.decode(text(&self.get("/screenshot")).as_bytes()).expect("base64")
    }

    /// Runs a command of the DevTools protocol: `Emulation.setEmulatedMedia`.
    #[track_caller]
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Plugs in an authenticator with a fingerprint that is always right: CTAP 2.1, keys that are found without a
    /// name. `more` changes that, as WebAuthn §11.3 has it.
    #[track_caller]
    pub fn plug_in(&self, more: &Value) -> Authenticator {
        let mut options = json!({
            "protocol": "ctap2_1",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserConsenting": true,
            "isUserVerified": true,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            options[name] = value.clone();
        }
        Authenticator(text(&self.post("/webauthn/authenticator", &options)))
    }

    /// Takes it away.
    #[track_caller]
    pub fn unplug(&self, authenticator: &Authenticator) {
        let path = format!("{}/webauthn/authenticator/{}", self.session, authenticator.0);
        self.call("DELETE", &path, None);
    }

    /// The credentials that it holds.
    #[track_caller]
    pub fn credentials(&self, authenticator: &Authenticator) -> Vec<Value> {
        let path = format!("/webauthn/authenticator/{}/credentials", authenticator.0);
        self.get(&path).as_array().cloned().unwrap_or_default()
    }

    /// Gives it a credential, as [`Self::credentials`] has them.
    #[track_caller]
    pub fn give(&self, authenticator: &Authenticator, credential: &Value) {
        self.post(&format!("/webauthn/authenticator/{}/credential", authenticator.0), credential);
    }

    /// Whether its user is recognised from now on.
    #[track_caller]
    pub fn recognises(&self, authenticator: &Authenticator, is_verified: bool) {
        let parameters = json!({ "isUserVerified": is_verified });
        self.post(&format!("/webauthn/authenticator/{}/uv", authenticator.0), &parameters);
    }

    /// What it answers wrongly from now on: `isBogusSignature`, `isBadUV`, `isBadUP` of the DevTools protocol.
    #[track_caller]
    pub fn is_bad(&self, authenticator: &Authenticator, switches: &Value) {
        let mut parameters = json!({ "authenticatorId": authenticator.0 });
        for (name, value) in switches.as_object().into_iter().flatten() {
            parameters[name] = value.clone();
        }
        self.devtools("WebAuthn.setResponseOverrideBits", &parameters);
    }

    /// One command about the first element that a selector finds. An element is looked for again where the page was
    /// left between the two commands: the driver refuses the second one then, and has done nothing.
    #[track_caller]
    fn of_element(&self, method: &str, selector: &str, what: &str, body: Option<&Value>) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let element = self.element(selector);
            let path = format!("{}/element/{element}/{what}", self.session);
            let value = self.ask(method, &path, body);
            let is_left = value["error"] == "stale element reference";
            if !is_left || Instant::now() > end {
                assert!(value.get("error").is_none(), "{method} {path}: {}", value["message"]);
                return value;
            }
        }
    }

    #[track_caller]
    fn element(&self, selector: &str) -> String {
        let wanted = json!({ "using": "css selector", "value": selector });
        let end = Instant::now() + PATIENCE;
        loop {
            let path = format!("{}/element", self.session);
            let answer = self.ask("POST", &path, Some(&wanted));
            if let Some(element) = answer[ELEMENT].as_str() {
                return element.to_owned();
            }
            let is_over = Instant::now() > end;
            assert!(!is_over, "no {selector} at {}: {}", self.address(), self.html());
            std::thread::sleep(PAUSE);
        }
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        self.call("GET", &format!("{}{path}", self.session), None)
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("{}{path}", self.session), Some(body))
    }

    /// One command; its `value`. It must succeed.
    #[track_caller]
    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let value = self.ask(method, path, body);
        assert!(value.get("error").is_none(), "{method} {path}: {}", value["message"]);
        value
    }

    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let curl = self.world.command("curl").args(["--silent", "--show-error"]).timeout(LIMIT);
        let mut curl =
            curl.args(["--request", method]).arg(format!("http://127.0.0.1:{PORT}{path}"));
        if let Some(body) = body {
            curl = curl.args(["--header", "Content-Type: application/json", "--data-binary", "@-"]);
            curl = curl.stdin(body.to_string());
        }
        let output = curl.run().expect_success();
        let mut answer: Value = serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{method} {path}: {error}: {output}"));
        answer["value"].take()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The driver ends the browser with it; what is left ends with the world.
        if !std::thread::panicking() && !self.session.is_empty() {
            let _ended = self.ask("DELETE", &self.session, None);
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
