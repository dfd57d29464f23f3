<?php
// /etc/roundcube/monk.inc.php, for Roundcube 1.6: monk decides who can read the mail. Include it at the end of
// /etc/roundcube/config.inc.php:
//
//     include '/etc/roundcube/monk.inc.php';

// TLS from the first byte: what people type goes over these connections. PHP checks the certificate against this name.
$config['imap_host'] = 'ssl://mail.example.org:993';
$config['smtp_host'] = 'ssl://mail.example.org:465';
$config['managesieve_host'] = 'tls://mail.example.org:4190';

// Send with the same string as for IMAP. The session holds it, encrypted with des_key.
$config['smtp_user'] = '%u';
$config['smtp_pass'] = '%p';

// Pass on the address of the browser: monk counts guesses by it, and a code goes on working only from there.
// Dovecot and Postfix believe it if login_trusted_networks and smtpd_authorized_xclient_hosts name this machine.
// Behind a proxy, name the proxy in proxy_whitelist. Otherwise everybody has its address.
$config['smtp_xclient_addr'] = true;
$config['plugins'][] = 'monk';

// Filters, from Debian's roundcube-plugins. Roundcube cannot tell ManageSieve the address of the browser, so
// web_mail_addresses in [service.sieve] names this machine.
$config['plugins'][] = 'managesieve';

// A stolen session cookie opens nothing from another address.
$config['ip_check'] = true;
