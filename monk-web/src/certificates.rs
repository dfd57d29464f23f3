//! The engine is told when the portal's certificates end, for metrics: it cannot read them, and monk-metrics cannot either.

use std::sync::Arc;
use std::time::Duration;

use monk_wire::portal::{Certificates, PortalAsk};
use tokio::time::interval;

use crate::engine::Engine;
use crate::server::tls::{self, Certificate};
use crate::settings::Settings;

/// How often it is told. A restarted engine knows it after that time, and alerts wait for an hour.
const PERIOD: Duration = Duration::from_secs(5 * 60);

/// Tells it for ever, where there is a certificate. An engine that does not answer hears it the next time.
pub async fn tell(engine: Engine, settings: Settings, certificate: Option<Arc<Certificate>>) {
    if certificate.is_none() && settings.profile_signature.is_none() {
        return;
    }
    let mut periods = interval(PERIOD);
    loop {
        periods.tick().await;
        let files = settings.profile_signature.as_ref();
        let ends = Certificates {
            tls: certificate.as_ref().and_then(|certificate| certificate.end()),
            // It is read at each signature, too.
            profile_signature: files.and_then(|files| tls::end_of(&tls::pair(files).ok()?.0)),
        };
        let _next_time = engine.ask(None, None, PortalAsk::Certificates(ends)).await;
    }
}
