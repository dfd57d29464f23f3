<?php

// /var/lib/roundcube/plugins/monk/monk.php, for Roundcube 1.6.
//
// Before the login, tells Dovecot the address of the browser, in the command ID (RFC 2971). Dovecot believes machines
// in login_trusted_networks, and hands that address to PAM in place of the web mail's own.
//
// Ends the session when the string that the user typed no longer opens the mailbox. The user then sees the sign-in page
// instead of an empty list.
class monk extends rcube_plugin
{
    public function init()
    {
        $this->add_hook('storage_connect', [$this, 'before_login']);
    }

    public function before_login($login)
    {
        if ($login['attempt'] > 1) {
            // The first attempt has failed: do not try again.
            $this->end_session_of_refused();
            return ['retry' => false] + $login;
        }
        // Behind a proxy, this is the browser's address if proxy_whitelist names the proxy.
        $address = rcube_utils::remote_addr();
        if (filter_var($address, FILTER_VALIDATE_IP)) {
            $login['preauth_ident'] = ['x-originating-ip' => $address];
        }
        return ['retry' => true] + $login;
    }

    private function end_session_of_refused()
    {
        $rcmail = rcmail::get_instance();
        $is_refused = $rcmail->storage->conn->resultcode === 'AUTHENTICATIONFAILED';
        if (!$is_refused || empty($rcmail->user->ID)) {
            return;
        }
        $rcmail->kill_session();
        // Like Roundcube itself when a session has expired: a mail that the user is writing stays in the browser.
        if ($rcmail->output->ajax_call || $rcmail->output->get_env('framed')) {
            $rcmail->output->command('session_error', $rcmail->url(['_err' => 'session']));
            $rcmail->output->send('iframe');
        }
        $rcmail->output->redirect(['_task' => 'login', '_err' => 'session']);
    }
}
