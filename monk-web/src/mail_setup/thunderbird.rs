//! The file that Thunderbird looks for (Mozilla autoconfig, version 1.1).

use std::io;

use monk_wire::manage::MailServer;
use monk_wire::portal::Site;
use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::is_tls;

/// The file, for addresses of a domain. `name` is what people call the organisation.
pub fn config(site: &Site, name: &str, domain: &str) -> Option<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let root = writer.create_element("clientConfig").with_attribute(("version", "1.1"));
    let written = root.write_inner_content(|writer| {
        let provider = writer.create_element("emailProvider").with_attribute(("id", domain));
        provider.write_inner_content(|writer| {
            for (tag, text) in
                [("domain", domain), ("displayName", name), ("displayShortName", name)]
            {
                write_text(writer, tag, text)?;
            }
            site.mail_servers.iter().try_for_each(|server| write_server(writer, server, site))
        })?;
        Ok(())
    });
    written.ok()?;
    Some(writer.into_inner())
}

fn write_server(writer: &mut Writer<Vec<u8>>, server: &MailServer, site: &Site) -> io::Result<()> {
    let kind = server.protocol.to_ascii_lowercase();
    let tag = if kind == "smtp" { "outgoingServer" } else { "incomingServer" };
    // The program puts in what was typed.
    let user = if site.mail_user_is_address { "%EMAILADDRESS%" } else { "%EMAILLOCALPART%" };
    let element = writer.create_element(tag).with_attribute(("type", &*kind));
    element.write_inner_content(|writer| {
        write_text(writer, "hostname", &server.host)?;
        write_text(writer, "port", &server.port.to_string())?;
        write_text(writer, "socketType", if is_tls(server) { "SSL" } else { "STARTTLS" })?;
        write_text(writer, "authentication", "password-cleartext")?;
        write_text(writer, "username", user)
    })?;
    Ok(())
}

/// An element with a text, which is escaped.
pub fn write_text(writer: &mut Writer<Vec<u8>>, tag: &str, text: &str) -> io::Result<()> {
    writer.create_element(tag).write_text_content(BytesText::new(text)).map(|_| ())
}
