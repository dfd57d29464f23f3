//! Debian's rsyslog with the shipped example.

use std::time::Duration;

use monk_tests::site::shipped;
use monk_tests::{packages, until};
use serde_json::Value;

use crate::*;

/// A daemon that reads a socket of its own, and the example.
const CONFIG: &str = "\
global(workDirectory=\"/root\")
module(load=\"imuxsock\" SysSock.Use=\"off\")
input(type=\"imuxsock\" Socket=\"/root/log.sock\" usePidFromSystem=\"off\")
include(file=\"/etc/rsyslog.d/30-monk.conf\")
";

#[test]
fn rsyslog_keeps_the_lines_as_json_with_time_and_host() {
    packages::ensure(&["rsyslog"]).expect("rsyslog can be installed");
    let site = site("json");
    let world = &site.world;
    let phone = site.user_with_device("alice", "secret");
    site.pam("imap", "alice")
        .from("192.0.2.7")
        .types(format!("secret;{}", phone.code()))
        .authenticate();
    site.pam("imap", "x\"\\y").from("192.0.2.8").types("wrong").authenticate();
    line_with(&site, &["192.0.2.8"]);
    world.write("/etc/rsyslog.d/30-monk.conf", shipped("config/examples/rsyslog/monk.conf"), 0o644);
    world.write("/root/rsyslog.conf", CONFIG, 0o644);
    world.command("rsyslogd").args(["-N1", "-f", "/root/rsyslog.conf"]).run().expect_success();
    let mut daemon =
        world.spawn("rsyslogd", &["-n", "-f", "/root/rsyslog.conf", "-i", "/root/rsyslog.pid"]);
    world.wait_for_server(&mut daemon, || world.exists("/root/log.sock"));
    let written = lines(&site);
    for line in &written {
        let logger =
            world.command("logger").args(["--socket", "/root/log.sock", "--priority", "auth.info"]);
        logger.args(["--tag", "monkd", "--id=77", "--", line]).run().expect_success();
    }
    let logger =
        world.command("logger").args(["--socket", "/root/log.sock", "--tag", "sshd", "not monk's"]);
    logger.run().expect_success();
    let kept = until(Duration::from_secs(20), || {
        let text = world.exists("/var/log/monk.json").then(|| world.read("/var/log/monk.json"))?;
        (text.lines().count() >= written.len()).then_some(text)
    });
    let kept = kept.expect("every line arrives");
    assert_eq!(kept.lines().count(), written.len(), "{kept}");
    for (line, original) in kept.lines().zip(&written) {
        let object: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let original: Value = serde_json::from_str(original).expect("JSON");
        assert!(object["time"].as_str().is_some_and(|time| time.contains('T')), "{line}");
        assert!(object["host"].is_string(), "{line}");
        for (key, value) in original.as_object().expect("an object") {
            assert_eq!(&object[key], value, "{line}");
        }
    }
}
