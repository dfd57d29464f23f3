//! nginx, a web server whose workers are not root.

use crate::World;
use crate::process::Process;

/// The port of HTTPS.
const PORT: u16 = 443;

/// The pages that it shows.
const PAGES: &str = "/var/www/world";

/// A running nginx.
pub struct Nginx {
    process: Process,
}

impl Nginx {
    /// Starts a server on HTTPS whose pages are behind what the file `snippet` says.
    #[track_caller]
    pub fn start(world: &World, snippet: &str) -> Self {
        world.write(format!("{PAGES}/index.html"), "welcome\n", 0o644);
        let identity = &world.certificates().good;
        let settings = format!(
            "\
user www-data;
pid /run/nginx.pid;
error_log stderr;
daemon off;
include /etc/nginx/modules-enabled/*.conf;
events {{ }}
http {{
  access_log off;
  server {{
    listen 127.0.0.1:{PORT} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    root {PAGES};
    include {snippet};
  }}
}}
",
            certificate = identity.certificate.display(),
            key = identity.key.display(),
        );
        world.write("/etc/nginx/nginx.conf", settings, 0o644);
        let mut process = world.spawn("nginx", &[]);
        world.wait_for_server(&mut process, || world.is_listening(PORT));
        Self { process }
    }

    /// `https://…` of a page, of a name its certificate is good for.
    #[must_use]
    pub fn page(&self) -> String {
        format!("{}index.html", self.folder())
    }

    /// `https://…` of the folder with that page.
    #[must_use]
    pub fn folder(&self) -> String {
        "https://mail.example.org/".to_owned()
    }

    /// What the server has logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }
}
