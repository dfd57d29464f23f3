//! What Outlook asks for (autodiscover: MS-OXDSCLI, and the JSON that leads to it).

use std::io;

use monk_wire::manage::MailServer;
use monk_wire::portal::Site;
use quick_xml::Writer;

use super::is_tls;
use super::thunderbird::write_text;

const RESPONSE: &str = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";
const OUTLOOK: &str =
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

/// Longest mail address (RFC 5321 §4.5.3.1).
const LONGEST_ADDRESS: usize = 254;

/// The address in a question; nothing where it is none. Documents with a type of their own are not read.
pub fn address(question: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(question).ok()?;
    let document = roxmltree::Document::parse(text).ok()?;
    let mut nodes = document.descendants();
    let node = nodes.find(|node| node.tag_name().name() == "EMailAddress")?;
    let address = node.text()?.trim();
    let fits = |c: char| !c.is_control() && !c.is_whitespace();
    let is_address = address.len() <= LONGEST_ADDRESS
        && address
            .split_once('@')
            .is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty())
        && address.chars().all(fits);
    is_address.then(|| address.to_owned())
}

/// The answer to somebody with this address. Nobody looks whether there is such a user.
pub fn xml(site: &Site, address: &str) -> Option<Vec<u8>> {
    let name = address.rsplit_once('@').map_or(address, |(name, _)| name);
    let user = if site.mail_user_is_address { address } else { name };
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let root = writer.create_element("Autodiscover").with_attribute(("xmlns", RESPONSE));
    let written = root.write_inner_content(|writer| {
        let response = writer.create_element("Response").with_attribute(("xmlns", OUTLOOK));
        response.write_inner_content(|writer| {
            writer.create_element("Account").write_inner_content(|writer| {
                write_text(writer, "AccountType", "email")?;
                write_text(writer, "Action", "settings")?;
                site.mail_servers.iter().try_for_each(|server| write_server(writer, server, user))
            })?;
            Ok(())
        })?;
        Ok(())
    });
    written.ok()?;
    Some(writer.into_inner())
}

fn write_server(writer: &mut Writer<Vec<u8>>, server: &MailServer, user: &str) -> io::Result<()> {
    let port = server.port.to_string();
    let is_tls = is_tls(server);
    writer.create_element("Protocol").write_inner_content(|writer| {
        for (tag, text) in [
            ("Type", &*server.protocol),
            ("Server", &server.host),
            ("Port", &port),
            ("LoginName", user),
            ("DomainRequired", "off"),
            ("SPA", "off"),
            ("SSL", if is_tls { "on" } else { "off" }),
            ("Encryption", if is_tls { "SSL" } else { "TLS" }),
            ("AuthRequired", "on"),
        ] {
            write_text(writer, tag, text)?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Where the XML is; nothing for another protocol than the one that there is.
pub fn json(site: &Site, lower: &str, upper: &str) -> Option<Vec<u8>> {
    let protocol = if upper.is_empty() { lower } else { upper };
    let origin = site.origin.as_deref()?;
    let is_there = protocol.eq_ignore_ascii_case("AutodiscoverV1");
    is_there.then(|| {
        let url = format!("{origin}/autodiscover/autodiscover.xml");
        serde_json::json!({ "Protocol": "AutodiscoverV1", "Url": url }).to_string().into_bytes()
    })
}
