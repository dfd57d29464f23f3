//! From the engine's numbers to metrics, in the text format of Prometheus (version 0.0.4), which the scraper and
//! node_exporter's textfile collector both read.

use std::fmt::Error;

use monk_wire::metrics::{BOUNDS_MS, Counts, Gauges, Snapshot, Times};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

pub use prometheus_client::encoding::prometheus_text::CONTENT_TYPE;

/// The metrics of an engine that answers.
pub fn page(snapshot: &Snapshot) -> String {
    encode(Families::Snapshot(Box::new(snapshot.clone())))
}

/// What is to be said where no engine answers.
pub fn no_engine() -> String {
    encode(Families::Nothing)
}

/// What engines that run for one login each have added up.
pub fn counts(counts: &Counts) -> String {
    encode(Families::Counts(Box::new(counts.clone())))
}

#[derive(Debug)]
enum Families {
    Nothing,
    Counts(Box<Counts>),
    Snapshot(Box<Snapshot>),
}

fn encode(families: Families) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(families));
    let mut page = String::new();
    // Nothing can go wrong that is written to memory.
    prometheus_text::encode(&mut page, &registry).expect("a text takes what is written to it");
    page
}

impl Collector for Families {
    fn encode(&self, encoder: DescriptorEncoder) -> Result<(), Error> {
        let mut out = Out(encoder);
        match self {
            Self::Nothing => out.gauge("monk_up", "Whether the engine answers", 0),
            Self::Counts(counts) => out.counts(counts),
            Self::Snapshot(snapshot) => {
                out.gauge("monk_up", "Whether the engine answers", 1)?;
                let mut info =
                    out.family("monk_build_info", "The version of the engine", MetricType::Gauge)?;
                info.encode_family(&[("version", snapshot.version.as_str())])?
                    .encode_gauge(&1_u64)?;
                out.counts(&snapshot.counts)?;
                out.gauges(&snapshot.gauges)
            }
        }
    }
}

struct Out<'a>(DescriptorEncoder<'a>);

impl Out<'_> {
    fn family(
        &mut self,
        name: &'static str,
        help: &str,
        kind: MetricType,
    ) -> Result<MetricEncoder<'_>, Error> {
        self.0.encode_descriptor(name, help, None, kind)
    }

    fn counts(&mut self, counts: &Counts) -> Result<(), Error> {
        let help = "Logins and proofs, by service, verdict and reason of the audit";
        let mut logins = self.family("monk_logins", help, MetricType::Counter)?;
        for row in &counts.logins {
            let labels = [
                ("service", row.service.as_str()),
                ("verdict", row.verdict.as_str()),
                ("reason", row.reason.as_str()),
            ];
            count(&mut logins.encode_family(&labels)?, row.count)?;
        }
        let help =
            "Seconds that the engine took for a login, without the time in which people typed";
        let mut times = self.family("monk_login_seconds", help, MetricType::Histogram)?;
        for row in &counts.login_times {
            histogram(&mut times.encode_family(&[("verdict", row.of.as_str())])?, &row.times)?;
        }
        let help = "Seconds that the directory or the credential store took to answer";
        let mut times =
            self.family("monk_directory_operation_seconds", help, MetricType::Histogram)?;
        for row in counts.operations.iter().filter(|row| row.times.count > 0) {
            histogram(&mut times.encode_family(&[("operation", row.of.as_str())])?, &row.times)?;
        }
        let help =
            "Operations that the directory or the credential store did not answer, or not clearly";
        let mut failures = self.family("monk_directory_failures", help, MetricType::Counter)?;
        for row in &counts.operations {
            count(&mut failures.encode_family(&[("operation", row.of.as_str())])?, row.unanswered)?;
        }
        let help = "Logins for which a record of the user could not be read or used";
        self.counter("monk_unreadable_records", help, counts.unreadable)?;
        self.counter(
            "monk_clock_steps",
            "How often the clock of the host was set",
            counts.clock_steps,
        )?;
        let help = "When counting began, in seconds since 1970";
        self.gauge("monk_counting_since_timestamp_seconds", help, counts.since)
    }

    fn gauges(&mut self, gauges: &Gauges) -> Result<(), Error> {
        let help = "Conversations with the engine, by who is at the other end";
        let mut family = self.family("monk_conversations", help, MetricType::Gauge)?;
        for (of, number) in ["root", "service", "person"].iter().zip(&gauges.conversations) {
            family.encode_family(&[("with", *of)])?.encode_gauge(number)?;
        }
        for (name, help) in [
            ("monk_hashes_running", "Argon2id hashes that are being computed"),
            ("monk_hashes_waiting", "Argon2id hashes that wait for a core"),
        ] {
            let mut family = self.family(name, help, MetricType::Gauge)?;
            for (of, hashes) in [("password", gauges.hashes), ("code", gauges.cheap_hashes)] {
                let number =
                    if name.ends_with("running") { hashes.running } else { hashes.waiting };
                family.encode_family(&[("of", of)])?.encode_gauge(&number)?;
            }
        }
        self.gauge(
            "monk_throttle_waiting",
            "Attempts that wait for others under way",
            gauges.throttle_waiting,
        )?;
        if let (Some(users), Some(networks)) = (gauges.slowed_users, gauges.slowed_networks) {
            let help = "Users and networks with failures that time has not healed yet";
            let mut family = self.family("monk_throttle_slowed", help, MetricType::Gauge)?;
            for (of, number) in [("user", users), ("network", networks)] {
                family.encode_family(&[("of", of)])?.encode_gauge(&number)?;
            }
        }
        self.gauge("monk_portal_sessions", "Sessions of the portal", gauges.sessions)?;
        self.gauge(
            "monk_directory_connections",
            "Open connections to LDAP servers",
            gauges.connections,
        )?;
        let help = "Operations that wait for a connection to an LDAP server";
        self.gauge("monk_directory_connections_waiting", help, gauges.connections_waiting)?;
        if let Some(made) = gauges.key_made {
            let help = "When the host key that makes new values was written, in seconds since 1970";
            self.gauge("monk_key_timestamp_seconds", help, made)?;
        }
        if let Some(end) = gauges.certificate_end {
            let help =
                "When the first of the LDAP servers' certificates ends, in seconds since 1970";
            self.gauge("monk_directory_certificate_end_timestamp_seconds", help, end)?;
        }
        let ends = gauges.portal_certificates;
        let ends = [("tls", ends.tls), ("profile-signature", ends.profile_signature)];
        if ends.iter().any(|(_, end)| end.is_some()) {
            let help = "When a certificate of the portal ends, in seconds since 1970";
            let name = "monk_portal_certificate_end_timestamp_seconds";
            let mut family = self.family(name, help, MetricType::Gauge)?;
            for (of, end) in ends {
                if let Some(end) = end {
                    family.encode_family(&[("of", of)])?.encode_gauge(&end)?;
                }
            }
        }
        let help = "By how many seconds the clock of the host was set since the engine started";
        let mut family = self.family("monk_clock_moved_seconds", help, MetricType::Gauge)?;
        family.encode_gauge(&gauges.clock_moved)
    }

    fn gauge(&mut self, name: &'static str, help: &str, number: u64) -> Result<(), Error> {
        self.family(name, help, MetricType::Gauge)?.encode_gauge(&number)
    }

    fn counter(&mut self, name: &'static str, help: &str, number: u64) -> Result<(), Error> {
        count(&mut self.family(name, help, MetricType::Counter)?, number)
    }
}

fn count(encoder: &mut MetricEncoder<'_>, number: u64) -> Result<(), Error> {
    encoder.encode_counter::<NoLabelSet, _, f64>(&number, None)
}

/// The encoder adds the buckets up, and has no bucket of its own for what is beyond all bounds.
fn histogram(encoder: &mut MetricEncoder<'_>, times: &Times) -> Result<(), Error> {
    let mut buckets: Vec<(f64, u64)> =
        BOUNDS_MS.iter().map(|bound| f64::from(*bound) / 1000.0).zip(times.buckets).collect();
    let within: u64 = times.buckets.iter().fold(0, |sum, more| sum.saturating_add(*more));
    buckets.push((f64::INFINITY, times.count.saturating_sub(within)));
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds of 300 years are exact to a microsecond"
    )]
    let sum = times.sum_us as f64 / 1_000_000.0;
    encoder.encode_histogram::<NoLabelSet>(sum, times.count, &buckets, None)
}

#[cfg(test)]
mod tests;
