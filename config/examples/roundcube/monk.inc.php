<?php
// /etc/roundcube/monk.inc.php, for Roundcube 1.6: monk decides who gets at the mail. Include it at the end of
// /etc/roundcube/config.inc.php:
//
//     include '/etc/roundcube/monk.inc.php';

// TLS from the first byte: what people type goes over these connections. PHP checks the certificate against this name.
$config['imap_host'] = 'ssl://mail.example.org:993';
$config['smtp_host'] = 'ssl://mail.example.org:465';
$config['managesieve_host'] = 'tls://mail.example.org:4190';

// The same string as for IMAP. It is in the session, encrypted with des_key.
$config['smtp_user'] = '%u';
$config['smtp_pass'] = '%p';

// The address of the browser, for guessers to be counted by it, and for a code to go on working from there only.
// Dovecot and Postfix believe it where login_trusted_networks and smtpd_authorized_xclient_hosts name this machine.
// Behind a proxy, name the proxy in proxy_whitelist, or everybody has its address.
$config['smtp_xclient_addr'] = true;
$config['plugins'][] = 'monk';

// Filters, of Debian's roundcube-plugins. ManageSieve is not told the address: web_mail_addresses in [service.sieve].
$config['plugins'][] = 'managesieve';

// A stolen cookie of a session opens nothing from elsewhere.
$config['ip_check'] = true;
