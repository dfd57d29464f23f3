//! The body of a request, which has to come whole, soon, and short.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use tokio::time::timeout;

use super::limits::BODY;

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoBody {
    /// It is too long, or says that it will be.
    TooLarge,
    /// It did not come in time.
    TooSlow,
    /// It broke off, or its chunks are none.
    Broken,
}

/// Reads a body whole.
///
/// # Errors
/// [`NoBody`].
pub async fn whole(body: Incoming, within: Duration) -> Result<Bytes, NoBody> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    // What is announced need not be waited for.
    if body.size_hint().lower() > BODY as u64 {
        return Err(NoBody::TooLarge);
    }
    match timeout(within, Limited::new(body, BODY).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(NoBody::TooLarge),
        Ok(Err(_)) => Err(NoBody::Broken),
        Err(_) => Err(NoBody::TooSlow),
    }
}
