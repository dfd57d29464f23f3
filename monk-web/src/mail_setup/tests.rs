//! What programs are told is read back with parsers of their own.

use http_body_util::BodyExt;
use monk_wire::manage::{MailProgram, MailServer};
use monk_wire::portal::Site;

use super::*;

fn server(protocol: &str, port: u16, security: &str) -> MailServer {
    MailServer {
        protocol: protocol.to_owned(),
        host: "mail.example.org".to_owned(),
        port,
        security: security.to_owned(),
    }
}

fn site() -> Site {
    Site {
        origin: Some("https://login.example.org:8443".to_owned()),
        issuer: "Example".to_owned(),
        sends_codes: true,
        sends_invitations: true,
        has_passkeys: true,
        has_own_directory: false,
        mail_servers: vec![server("IMAP", 993, "SSL/TLS"), server("SMTP", 587, "STARTTLS")],
        mail_user_is_address: false,
    }
}

async fn asked(site: &Site, method: Method, uri: &str, body: &str) -> (StatusCode, String) {
    let request = hyper::Request::builder().method(method).uri(uri);
    let (head, body) = request.body(body.as_bytes()).expect("a request").into_parts();
    let (head, body) = answer(&head, body, site, "Smith & <Sons>").into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    (head.status, String::from_utf8(bytes.to_vec()).expect("text"))
}

fn texts(xml: &str, tag: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    let nodes = document.descendants().filter(|node| node.tag_name().name() == tag);
    nodes.map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn thunderbird_hears_which_servers_there_are_for_any_address() {
    let site = site();
    for (uri, domain) in [
        ("/.well-known/autoconfig/mail/config-v1.1.xml", "login.example.org"),
        ("/mail/config-v1.1.xml?emailaddress=nobody%40Example.NET", "example.net"),
        ("/mail/config-v1.1.xml?emailaddress=a%40%3Cb%3E", "login.example.org"),
    ] {
        let (status, xml) = asked(&site, Method::GET, uri, "").await;
        assert_eq!(status, StatusCode::OK, "{uri}");
        assert_eq!(texts(&xml, "domain"), [domain]);
        assert_eq!(texts(&xml, "displayName"), ["Smith & <Sons>"]);
        assert_eq!(texts(&xml, "hostname"), ["mail.example.org"; 2]);
        assert_eq!(texts(&xml, "port"), ["993", "587"]);
        assert_eq!(texts(&xml, "socketType"), ["SSL", "STARTTLS"]);
        assert_eq!(texts(&xml, "username"), ["%EMAILLOCALPART%"; 2]);
    }
    let none = Site { mail_servers: Vec::new(), ..site };
    let (status, _) = asked(&none, Method::GET, "/mail/config-v1.1.xml", "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

/// <https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat>: what has to be there, and which words.
#[tokio::test]
async fn the_file_for_thunderbird_keeps_to_its_published_format() {
    let mail_servers = vec![
        server("IMAP", 993, "SSL/TLS"),
        server("POP3", 110, "STARTTLS"),
        server("SMTP", 465, "SSL/TLS"),
    ];
    for mail_user_is_address in [false, true] {
        let site = Site { mail_servers: mail_servers.clone(), mail_user_is_address, ..site() };
        let (_, xml) = asked(&site, Method::GET, "/mail/config-v1.1.xml", "").await;
        let document = roxmltree::Document::parse(&xml).expect("XML");
        let root = document.root_element();
        assert_eq!(
            (root.tag_name().name(), root.attribute("version")),
            ("clientConfig", Some("1.1"))
        );
        let provider = root.first_element_child().expect("a provider");
        assert_eq!(provider.tag_name().name(), "emailProvider");
        assert!(provider.has_attribute("id") && provider.next_sibling_element().is_none());
        let mut servers = Vec::new();
        for one in provider.children().filter(roxmltree::Node::is_element) {
            let (tag, kind) = (one.tag_name().name(), one.attribute("type"));
            let Some(kind) = kind else {
                assert!(["domain", "displayName", "displayShortName"].contains(&tag), "{tag}");
                continue;
            };
            servers.push((tag, kind));
            let inside = one.children().filter(roxmltree::Node::is_element);
            let inside: Vec<_> = inside.map(|one| (one.tag_name().name(), one.text())).collect();
            let names: Vec<_> = inside.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, ["hostname", "port", "socketType", "authentication", "username"]);
            assert!(["plain", "SSL", "STARTTLS"].contains(&inside[2].1.unwrap_or_default()));
            assert_eq!(inside[3].1, Some("password-cleartext"));
            let user = if mail_user_is_address { "%EMAILADDRESS%" } else { "%EMAILLOCALPART%" };
            assert_eq!(inside[4].1, Some(user));
        }
        let (imap, pop3) = (("incomingServer", "imap"), ("incomingServer", "pop3"));
        assert_eq!(servers, [imap, pop3, ("outgoingServer", "smtp")]);
    }
}

fn question(address: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/\
         requestschema/2006\"><Request><EMailAddress>{address}</EMailAddress></Request></Autodiscover>"
    )
}

#[tokio::test]
async fn outlook_hears_the_same_and_what_is_no_question_is_not_answered() {
    let at = "/Autodiscover/Autodiscover.xml";
    let (status, xml) = asked(&site(), Method::POST, at, &question("maria@example.org")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(texts(&xml, "LoginName"), ["maria"; 2]);
    assert_eq!(texts(&xml, "Encryption"), ["SSL", "TLS"]);
    assert_eq!(texts(&xml, "Type"), ["IMAP", "SMTP"]);
    let by_address = Site { mail_user_is_address: true, ..site() };
    let (_, xml) = asked(&by_address, Method::POST, at, &question("maria@example.org")).await;
    assert_eq!(texts(&xml, "LoginName"), ["maria@example.org"; 2]);

    let entity = "<!DOCTYPE a [<!ENTITY b \"c@d\">]><Autodiscover><EMailAddress>&b;</EMailAddress></Autodiscover>";
    let long = question(&format!("a@{}", "b".repeat(LONGEST_QUESTION)));
    for body in ["", "<", entity, &question("maria"), &question("a b@c"), &long] {
        let (status, text) = asked(&site(), Method::POST, at, body).await;
        assert_eq!((status, &*text), (StatusCode::NOT_FOUND, ""), "{body}");
    }
    let (status, _) = asked(&site(), Method::GET, at, "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn outlook_s_json_leads_to_the_xml_on_the_portal_s_own_host() {
    let at = "/autodiscover/autodiscover.json?Email=a%40evil.example&Protocol=";
    let (_, json) = asked(&site(), Method::GET, &format!("{at}Autodiscoverv1"), "").await;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["Url"], "https://login.example.org:8443/autodiscover/autodiscover.xml");
    let (status, _) = asked(&site(), Method::GET, &format!("{at}ActiveSync"), "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

fn mail() -> MailProgram {
    MailProgram { user: "maria".to_owned(), servers: site().mail_servers }
}

#[test]
fn the_picture_for_thunderbird_on_android_has_the_whole_account() {
    let text = export::text(&mail(), "maria@example.org", "h7kq-m3vd").expect("an account");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let wanted = serde_json::json!([
        1,
        [1, 1],
        [0, "mail.example.org", 993, 3, 1, "maria", null, "h7kq-m3vd"],
        [[
            [0, "mail.example.org", 587, 2, 1, "maria", "h7kq-m3vd"],
            ["maria@example.org", "maria"]
        ]]
    ]);
    assert_eq!(json, wanted);
    assert!(export::text(&mail(), "märia@example.org", "x").is_none(), "ASCII alone");
    assert!(export::text(&mail(), "maria", "x").is_none(), "no address");
    let only = MailProgram { servers: vec![server("IMAP", 993, "SSL/TLS")], ..mail() };
    assert!(export::text(&only, "maria@example.org", "x").is_none(), "nothing to send with");
}

#[test]
fn the_profile_for_iphones_is_a_property_list_with_the_whole_account() {
    let account = apple::Account {
        organisation: "Smith & <Sons>",
        host: "login.example.org",
        id: "a1",
        user: "maria",
        email: "maria@example.org",
        secret: "h7kq-m3vd",
    };
    let bytes = apple::profile(&account, &mail().servers).expect("a profile");
    let value: plist::Value = plist::from_bytes(&bytes).expect("a property list");
    let profile = value.as_dictionary().expect("a dictionary");
    let text = |key: &str| profile[key].as_string().expect("text").to_owned();
    assert_eq!(text("PayloadType"), "Configuration");
    assert_eq!(text("PayloadDisplayName"), "Smith & <Sons>");
    assert_eq!(text("PayloadIdentifier"), "org.example.login.mail.a1");
    let content = profile["PayloadContent"].as_array().expect("an array");
    let mail = content[0].as_dictionary().expect("a dictionary");
    for (key, wanted) in [
        ("PayloadType", "com.apple.mail.managed"),
        ("EmailAccountType", "EmailTypeIMAP"),
        ("EmailAddress", "maria@example.org"),
        ("IncomingMailServerHostName", "mail.example.org"),
        ("IncomingMailServerUsername", "maria"),
        ("IncomingPassword", "h7kq-m3vd"),
        ("OutgoingMailServerUsername", "maria"),
    ] {
        assert_eq!(mail[key].as_string(), Some(wanted), "{key}");
    }
    assert_eq!(mail["IncomingMailServerPortNumber"].as_unsigned_integer(), Some(993));
    assert_eq!(mail["OutgoingMailServerPortNumber"].as_unsigned_integer(), Some(587));
    assert_eq!(mail["IncomingMailServerUseSSL"].as_boolean(), Some(true));
    assert_ne!(mail["PayloadUUID"], profile["PayloadUUID"]);
    assert!(apple::profile(&account, &[server("IMAP", 993, "SSL/TLS")]).is_none());
}
